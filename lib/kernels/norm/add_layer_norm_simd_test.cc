#include "lib/kernels/norm/add_layer_norm_simd.h"

#include "lib/kernels/arrays_for_test.h"
#include "lib/kernels/norm/add_layer_norm_loops_for_test.h"

namespace tally {
namespace {

void ExpectLoops(const AddLayerNormNumbers& x, bool with_sum, const std::string& name) {
  const AddLayerNormLoops expected(x, with_sum);
  const auto expect = [&](const std::vector<float>& found, const std::vector<double>& wanted, const char* what) {
    ExpectClose(found, wanted, name + what, 1e-5, expected.LargestTerm());
  };
  std::vector<float> sum = UnwrittenArray(x.a.size()), norm = sum, grad_x = sum, moments = UnwrittenArray(2 * x.rows),
                     grad_weight = UnwrittenArray(x.width), grad_bias = grad_weight;
  AddLayerNormForward(x.a.data(), x.b.data(), x.weight.data(), x.bias.data(), x.kEpsilon, x.rows, x.width, sum.data(),
                      norm.data(), moments.data());
  expect(sum, expected.sum, " sum");
  expect(norm, expected.norm, " norm");
  expect(moments, expected.moments, " moments");
  AddLayerNormBackward(sum.data(), moments.data(), x.weight.data(), x.grad_norm.data(),
                       with_sum ? x.grad_sum.data() : nullptr, x.rows, x.width, grad_x.data(), grad_weight.data(),
                       grad_bias.data());
  expect(grad_x, expected.grad_x, " gradient");
  expect(grad_weight, expected.grad_weight, " gradient of weight");
  expect(grad_bias, expected.grad_bias, " gradient of bias");
}

TEST(AddLayerNormSimdTest, EqualsPlainLoopsForEachWidthAndSetOfInstructions) {
  ForEachInstructions([](const std::string& name) {
    for (int64_t width = 1; width <= 40; ++width) {
      for (const bool with_sum : {false, true}) ExpectLoops(AddLayerNormNumbers(3, width, 1), with_sum, name);
    }
    ExpectLoops(AddLayerNormNumbers(7, 129, 1), true, name);
  });
}

TEST(AddLayerNormSimdTest, NoRows) {
  ForEachInstructions([](const std::string& name) { ExpectLoops(AddLayerNormNumbers(0, 5, 1), true, name); });
}

// Variances far below epsilon, and sums that are denormal.
TEST(AddLayerNormSimdTest, TinyNumbersAndEqualOnes) {
  ForEachInstructions([](const std::string& name) {
    ExpectLoops(AddLayerNormNumbers(2, 21, 1e-12), true, name);
    ExpectLoops(AddLayerNormNumbers(2, 21, 1e-39), true, name);
    AddLayerNormNumbers equal(2, 21, 1);
    std::fill(equal.a.begin(), equal.a.end(), 3.0f);
    std::fill(equal.b.begin(), equal.b.end(), -1.0f);
    ExpectLoops(equal, true, name);
  });
}

}  // namespace
}  // namespace tally

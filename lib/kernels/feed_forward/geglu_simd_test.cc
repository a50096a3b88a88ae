// GegluForward and GegluBackward, which need no LibTorch.
#include "lib/kernels/arrays_for_test.h"
#include "lib/kernels/feed_forward/geglu.h"
#include "lib/kernels/feed_forward/geglu_loops_for_test.h"

namespace tally {
namespace {

void ExpectLoops(const std::vector<float>& in, int64_t rows, int64_t width, const std::string& name) {
  const std::vector<float> grad_out = NormalArray(2, rows * width);
  const GegluLoops expected(in, grad_out, width);
  std::vector<float> out = UnwrittenArray(rows * width), again = out, grad_in = UnwrittenArray(in.size());
  GegluForward(in.data(), rows, width, out.data());
  ExpectClose(out, expected.out, name + " out", 1e-6);
  GegluBackward(in.data(), grad_out.data(), rows, width, grad_in.data());
  ExpectClose(grad_in, expected.grad_in, name + " gradient", 1e-6);
  GegluBackward(in.data(), grad_out.data(), rows, width, grad_in.data(), again.data());
  EXPECT_EQ(again, out) << name;
}

TEST(GegluSimdTest, EqualsPlainLoopsForEachWidthAndSetOfInstructions) {
  ForEachInstructions([](const std::string& name) {
    for (int64_t width = 1; width <= 40; ++width) ExpectLoops(NormalArray(1, 3 * 2 * width), 3, width, name);
    ExpectLoops(NormalArray(1, 9 * 2 * 131, 3), 9, 131, name);
    ExpectLoops({}, 0, 5, name);
  });
}

// Where the distribution is 0 or 1 in float, and where its factors are denormal.
TEST(GegluSimdTest, FarAndTinyNumbers) {
  ForEachInstructions([](const std::string& name) {
    for (const double deviation : {1e-38, 1e-20, 40.0, 1e15}) {
      ExpectLoops(NormalArray(1, 4 * 2 * 19, deviation), 4, 19, name);
    }
  });
}

}  // namespace
}  // namespace tally

#include "lib/kernels/gemm/products.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "lib/kernels/expect_close_for_test.h"
#include "lib/kernels/floats.h"

namespace tally {
namespace {

using Way = std::tuple<FactorType, Bfloat16Way>;

// The ways that this machine has.
std::vector<Way> Ways() {
  std::vector<Way> ways = {{FactorType::kFloat32, Bfloat16Way::kRounded},
                           {FactorType::kBfloat16, Bfloat16Way::kRounded}};
  if (FastestBfloat16Way() == Bfloat16Way::kInstructions) {
    ways.emplace_back(FactorType::kBfloat16, Bfloat16Way::kInstructions);
  }
  return ways;
}

at::Tensor AsRead(const at::Tensor& x, FactorType type) {
  return type == FactorType::kFloat32 ? x : x.to(at::kBFloat16).to(at::kFloat);
}

struct Shape {
  int64_t m, n, k;
};

class ProductsTest : public ::testing::TestWithParam<Shape> {};

TEST_P(ProductsTest, ByARightFactorEqualsAtens) {
  const auto [m, n, k] = GetParam();
  at::manual_seed(1);
  const at::Tensor a = at::randn({m, k});
  for (const auto& [type, way] : Ways()) {
    for (const bool transposed : {false, true}) {
      const at::Tensor b = transposed ? at::randn({n, k}) : at::randn({k, n});
      const at::Tensor read = AsRead(b, type), expected = at::mm(AsRead(a, type), transposed ? read.t() : read);
      const at::Tensor out = at::randn({m, n});
      RightFactor(b, transposed, type, way).Multiply(Data(a), m, out.data_ptr<float>());
      ExpectClose(out, expected, transposed ? "transposed" : "as it is", 3e-6);
    }
  }
}

TEST_P(ProductsTest, OfATransposeIsAdded) {
  const auto [m, n, k] = GetParam();
  at::manual_seed(1);
  const at::Tensor a = at::randn({k, m}), b = at::randn({k, n}), before = at::randn({m, n});
  for (const auto& [type, way] : Ways()) {
    const at::Tensor out = before.clone(), expected = before + at::mm(AsRead(a, type).t(), AsRead(b, type));
    AddTransposedProduct(Data(a), Data(b), k, m, n, type, out.data_ptr<float>(), way);
    ExpectClose(out, expected, "sum", 3e-6);
  }
}

// One of each; odd sizes; several parts of rows and of terms, the last not whole.
INSTANTIATE_TEST_SUITE_P(Shapes, ProductsTest,
                         ::testing::Values(Shape{1, 1, 1}, Shape{5, 7, 3}, Shape{130, 48, 64}, Shape{300, 31, 515}));

TEST(Bfloat16LinearTest, EqualsPlainVersionForwardAndGradient) {
  for (const bool with_bias : {false, true}) {
    const auto leaves = [&] {
      at::manual_seed(1);
      std::vector<at::Tensor> all = {at::randn({3, 70, 13}), at::randn({9, 13})};
      if (with_bias) all.push_back(at::randn({9}));
      for (at::Tensor& leaf : all) leaf.set_requires_grad(true);
      return all;
    };
    const std::vector<at::Tensor> fast = leaves(), plain = leaves();
    const at::Tensor out = Bfloat16Linear(fast[0], fast[1], with_bias ? fast[2] : at::Tensor());
    const at::Tensor expected = Bfloat16LinearPlain(plain[0], plain[1], with_bias ? plain[2] : at::Tensor());
    ExpectClose(out, expected, "out", 3e-6);
    // Gradients of outputs that bfloat16 has exactly, so that both sides multiply the same numbers.
    const at::Tensor weights = AsRead(at::randn(out.sizes()), FactorType::kBfloat16);
    (out * weights).sum().backward();
    (expected * weights).sum().backward();
    // ATen rounds these back to bfloat16 on their way to the leaves.
    for (size_t i = 0; i < fast.size(); ++i) ExpectClose(fast[i].grad(), plain[i].grad(), "gradient", 4e-3);
    const at::NoGradGuard no_grad;
    EXPECT_TRUE(Bfloat16Linear(fast[0], fast[1], with_bias ? fast[2] : at::Tensor()).equal(out.detach()));
  }
}

}  // namespace
}  // namespace tally

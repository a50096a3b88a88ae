#include "lib/kernels/norm/add_layer_norm.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <vector>

namespace tally {
namespace {

constexpr double kEpsilon = 1e-5;

struct Inputs {
  at::Tensor a, b, weight, bias;

  std::vector<at::Tensor> all() const { return {a, b, weight, bias}; }
};

// The same numbers each time, with a mean far from 0; they require gradients.
Inputs Make(at::IntArrayRef shape) {
  at::manual_seed(1);
  Inputs inputs = {at::randn(shape) * 2 + 5, at::randn(shape), at::randn({shape.back()}), at::randn({shape.back()})};
  for (const at::Tensor& tensor : inputs.all()) tensor.requires_grad_();
  return inputs;
}

void ExpectEqualGradients(const Inputs& fast, const Inputs& plain) {
  for (size_t i = 0; i < fast.all().size(); ++i) {
    EXPECT_TRUE(at::allclose(fast.all()[i].grad(), plain.all()[i].grad(), /*rtol=*/1e-4, /*atol=*/1e-4)) << i;
  }
}

class AddLayerNormTest : public ::testing::TestWithParam<std::vector<int64_t>> {};

TEST_P(AddLayerNormTest, EqualsPlainVersionForwardAndGradient) {
  const Inputs f = Make(GetParam()), p = Make(GetParam());
  const SumAndNorm fast = AddLayerNorm(f.a, f.b, f.weight, f.bias, kEpsilon);
  const SumAndNorm plain = AddLayerNormPlain(p.a, p.b, p.weight, p.bias, kEpsilon);
  EXPECT_TRUE(fast.sum.equal(plain.sum));
  EXPECT_TRUE(at::allclose(fast.norm, plain.norm, /*rtol=*/1e-5, /*atol=*/1e-5));
  const at::Tensor of_sum = at::randn(GetParam()), of_norm = at::randn(GetParam());
  (fast.sum * of_sum + fast.norm * of_norm).sum().backward();
  (plain.sum * of_sum + plain.norm * of_norm).sum().backward();
  ExpectEqualGradients(f, p);
}

// Widths below, at and beyond whole SIMD vectors; more rows than a part has.
INSTANTIATE_TEST_SUITE_P(Shapes, AddLayerNormTest,
                         ::testing::Values(std::vector<int64_t>{2, 1, 5}, std::vector<int64_t>{3, 48},
                                           std::vector<int64_t>{2, 300, 64}, std::vector<int64_t>{7, 90, 130}));

// A block's last sum is read by no norm, and a norm's sum by nothing but the norm where there is no residual.
TEST(AddLayerNormTest, EitherResultMayBeUnused) {
  for (const bool norm : {false, true}) {
    const Inputs f = Make({4, 20}), p = Make({4, 20});
    const SumAndNorm fast = AddLayerNorm(f.a, f.b, f.weight, f.bias, kEpsilon);
    const SumAndNorm plain = AddLayerNormPlain(p.a, p.b, p.weight, p.bias, kEpsilon);
    (norm ? fast.norm : fast.sum).square().sum().backward();
    (norm ? plain.norm : plain.sum).square().sum().backward();
    if (norm) {
      ExpectEqualGradients(f, p);
    } else {
      EXPECT_TRUE(f.a.grad().equal(p.a.grad()) && f.b.grad().equal(p.b.grad()));
      EXPECT_FALSE(f.weight.grad().defined());
    }
  }
}

TEST(AddLayerNormTest, ThreadsChangeNothing) {
  std::vector<at::Tensor> gradients;
  for (const int threads : {1, 3}) {
    at::set_num_threads(threads);
    const Inputs inputs = Make({5, 301, 33});
    AddLayerNorm(inputs.a, inputs.b, inputs.weight, inputs.bias, kEpsilon).norm.square().sum().backward();
    gradients.push_back(inputs.weight.grad());
  }
  EXPECT_TRUE(gradients[0].equal(gradients[1]));
}

TEST(AddLayerNormTest, TakesEqualShapesOfFloats) {
  const at::Tensor x = at::zeros({2, 3});
  EXPECT_TRUE(SupportsAddLayerNorm(x, x));
  EXPECT_FALSE(SupportsAddLayerNorm(x, at::zeros({3})));
  EXPECT_FALSE(SupportsAddLayerNorm(x.to(at::kDouble), x.to(at::kDouble)));
}

}  // namespace
}  // namespace tally

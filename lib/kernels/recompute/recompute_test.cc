#include "lib/kernels/recompute/recompute.h"

#include <ATen/TensorOperators.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "lib/kernels/gemm/bfloat16_scope.h"
#include "lib/kernels/gemm/products.h"
#include "lib/kernels/recompute/tensor_memory_for_test.h"

namespace tally {
namespace {

at::Tensor Leaf(at::IntArrayRef shape) { return at::randn(shape).set_requires_grad(true); }

// A chain of parts x -> gelu(x w) + y, each of which keeps three tensors or, computed again, one.
struct Chain {
  at::Tensor x = Leaf({64, 32}), y = Leaf({64, 32}), weight = Leaf({32, 32}), unread = Leaf({3});

  at::Tensor Run(int parts, bool again) const {
    at::Tensor state = x;
    const TensorFunction part = [w = weight](const std::vector<at::Tensor>& in) {
      const at::Tensor out = at::gelu(at::matmul(in[0], w)) + in[1];
      return in[2].defined() ? out + in[2] : out;
    };
    for (int i = 0; i < parts; ++i) {
      const std::vector<at::Tensor> inputs = {state, y, at::Tensor()};
      state = again ? Recomputed(part, inputs, {weight, unread}) : part(inputs);
    }
    return state;
  }

  std::vector<at::Tensor> Gradients() const {
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& leaf : {x, y, weight}) {
      gradients.push_back(leaf.grad().clone());
      leaf.mutable_grad() = at::Tensor();
    }
    return gradients;
  }
};

void ExpectEqualBytes(const std::vector<at::Tensor>& found, const std::vector<at::Tensor>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i].equal(expected[i])) << i;
}

class RecomputeTest : public ::testing::Test {
 protected:
  RecomputeTest() { at::manual_seed(3); }
};

TEST_F(RecomputeTest, GivesTheResultAndTheGradientsOfTheFunction) {
  const Chain chain;
  const at::Tensor plain = chain.Run(4, /*again=*/false);
  plain.square().sum().backward();
  const std::vector<at::Tensor> expected = chain.Gradients();
  const at::Tensor again = chain.Run(4, /*again=*/true);
  EXPECT_TRUE(again.equal(plain));
  again.square().sum().backward();
  ExpectEqualBytes(chain.Gradients(), expected);
  EXPECT_FALSE(chain.unread.grad().defined());
}

TEST_F(RecomputeTest, BackwardPassComputesInTheForwardPassesPrecision) {
  const Chain chain;
  const auto gradients = [&](bool again) {
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_cache_enabled(false);
    const at::Tensor out = chain.Run(3, again);
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::set_autocast_cache_enabled(true);
    out.to(at::kFloat).square().sum().backward();
    return chain.Gradients();
  };
  const std::vector<at::Tensor> expected = gradients(false);
  ExpectEqualBytes(gradients(true), expected);
  EXPECT_TRUE(at::autocast::is_autocast_cache_enabled());
}

TEST_F(RecomputeTest, BackwardPassMultipliesInBfloat16WhereTheForwardPassDid) {
  const auto gradient = [](bool again) {
    const at::Tensor x = at::arange(12, at::kFloat).div_(7).view({3, 4}).set_requires_grad(true);
    const TensorFunction square = [](const std::vector<at::Tensor>& inputs) {
      return InBfloat16Scope() ? Bfloat16Linear(inputs[0], inputs[0], {}) : at::linear(inputs[0], inputs[0]);
    };
    at::Tensor out;
    {
      const Bfloat16Scope scope(true);
      out = again ? Recomputed(square, {x}, {}) : square({x});
    }
    EXPECT_FALSE(InBfloat16Scope());
    out.square().sum().backward();
    return x.grad();
  };
  EXPECT_TRUE(gradient(true).equal(gradient(false)));
}

TEST_F(RecomputeTest, KeepsOneTensorAPart) {
  const Chain chain;
  const auto most = [&](int parts, bool again) {
    return MostTensorBytes([&] {
      chain.Run(parts, again).sum().backward();
      chain.Gradients();
    });
  };
  const int64_t tensor = 64 * 32 * sizeof(float);
  const int64_t each = (most(20, true) - most(10, true)) / 10, plain = (most(20, false) - most(10, false)) / 10;
  EXPECT_EQ(each, tensor);
  EXPECT_EQ(plain, 2 * tensor);  // a part's sum and the product that it made
}

TEST_F(RecomputeTest, WithoutGradientItIsTheFunction) {
  const Chain chain;
  const at::NoGradGuard no_grad;
  const at::Tensor out = chain.Run(2, /*again=*/true);
  EXPECT_FALSE(out.requires_grad());
  EXPECT_TRUE(out.equal(chain.Run(2, /*again=*/false)));
}

}  // namespace
}  // namespace tally

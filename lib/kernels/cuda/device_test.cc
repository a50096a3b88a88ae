// The operators on a CUDA device against the same on the CPU, forward and gradient. For machines with a device:
// bazel test --config=cuda --test_tag_filters= //lib/kernels/cuda:device_test
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "lib/kernels/cuda/cuda_kernels.h"
#include "lib/kernels/expect_close_for_test.h"
#include "lib/kernels/feed_forward/geglu.h"
#include "lib/kernels/norm/add_layer_norm.h"
#include "lib/kernels/normal_draw/normal_draw.h"
#include "lib/kernels/relative_bias/relative_bias.h"

namespace tally {
namespace {

using Tensors = std::vector<at::Tensor>;

// Runs `op` on both devices from the same values; outcomes and gradients must agree. Infinities, which mask, count as
// 0.
void ExpectSameOnBothDevices(const Tensors& values, const std::function<Tensors(const Tensors&)>& op) {
  ASSERT_NE(FindCudaKernels(), nullptr);
  ASSERT_TRUE(at::hasCUDA()) << "this test needs a CUDA device";
  std::vector<Tensors> results;
  for (const at::Device device : {at::Device(at::kCPU), at::Device(at::kCUDA, 0)}) {
    at::manual_seed(2);
    Tensors leaves, all;
    for (const at::Tensor& value : values) leaves.push_back(value.to(device).detach().set_requires_grad(true));
    at::Tensor loss;
    for (const at::Tensor& raw : op(leaves)) {
      const at::Tensor out = at::where(raw.isinf(), at::zeros_like(raw), raw);
      all.push_back(out.detach().to(at::kCPU));
      const at::Tensor term = (out * at::randn(out.sizes()).to(device)).sum();
      loss = loss.defined() ? loss + term : term;
    }
    loss.backward();
    for (const at::Tensor& leaf : leaves) all.push_back(leaf.grad().to(at::kCPU));
    results.push_back(all);
  }
  for (size_t i = 0; i < results[0].size(); ++i) {
    ExpectClose(results[1][i], results[0][i], std::to_string(i));
  }
}

TEST(CudaDeviceTest, Geglu) {
  for (const int64_t width : {5, 64, 1024}) {
    ExpectSameOnBothDevices({at::randn({37, 11, 2 * width})},
                            [](const Tensors& leaves) { return Tensors{Geglu(leaves[0])}; });
  }
}

TEST(CudaDeviceTest, AddLayerNorm) {
  for (const int64_t width : {5, 64, 1000}) {
    ExpectSameOnBothDevices({at::randn({700, width}), at::randn({700, width}), at::randn({width}), at::randn({width})},
                            [](const Tensors& x) {
                              const SumAndNorm both = AddLayerNorm(x[0], x[1], x[2], x[3], 1e-5);
                              return Tensors{both.sum, both.norm};
                            });
  }
}

TEST(CudaDeviceTest, RelativeBias) {
  for (const RelativeClips& clips : {RelativeClips{3}, RelativeClips{3, 2}, RelativeClips{2, 0, 2, 2}}) {
    RelativeIds ids = {at::randint(0, 12, {6, 75}, at::kLong), at::Tensor(), clips};
    if (clips.ReadRecurrence()) ids.recurrence = at::randint(0, 6, {6}, at::kLong);
    if (clips.second > 0) ids.second = at::randint(0, 7, {6, 75}, at::kLong);
    const at::Tensor row_scale = at::arange(2, 77, at::kFloat).log();
    ExpectSameOnBothDevices({at::randn({4, ids.columns()})}, [&](const Tensors& x) {
      RelativeIds there = ids;
      there.first = ids.first.to(x[0].device());
      if (ids.second.defined()) there.second = ids.second.to(x[0].device());
      if (ids.recurrence.defined()) there.recurrence = ids.recurrence.to(x[0].device());
      return Tensors{RelativeBias(there, x[0], row_scale.to(x[0].device()), 10, 75)};
    });
  }
}

TEST(CudaDeviceTest, TokenStates) {
  for (const bool unit : {false, true}) {
    const TokenStates states = {7, {3, 4, 5}, /*begin=*/9, /*end=*/40, /*width=*/100, /*deviation=*/1, unit};
    const at::Tensor there = TokenStatesTensor(states, at::Device(at::kCUDA, 0));
    EXPECT_TRUE(there.is_cuda());
    EXPECT_LE((there.cpu() - TokenStatesTensor(states, at::kCPU)).abs().max().item<double>(), 1e-6);
  }
}

}  // namespace
}  // namespace tally

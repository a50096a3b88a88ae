// The operators on a CUDA device against the same on the CPU, forward and gradient. For machines with a device:
// bazel test --config=cuda --test_tag_filters= //lib/kernels/cuda:device_test
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "lib/kernels/attention/device_attention.h"
#include "lib/kernels/cuda/cuda_kernels.h"
#include "lib/kernels/expect_close_for_test.h"
#include "lib/kernels/feed_forward/geglu.h"
#include "lib/kernels/norm/add_layer_norm.h"
#include "lib/kernels/normal_draw/normal_draw.h"
#include "lib/kernels/relative_bias/relative_bias.h"
#include "lib/kernels/rotary/turn.h"

namespace tally {
namespace {

using Tensors = std::vector<at::Tensor>;

// Runs `op` on both devices from the same values; outcomes and gradients must agree. Infinities, which mask, count as
// 0.
void ExpectSameOnBothDevices(const Tensors& values, const std::function<Tensors(const Tensors&)>& op,
                             double relative = 1e-5) {
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
    ExpectClose(results[1][i], results[0][i], std::to_string(i), relative);
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

TEST(CudaDeviceTest, TurnedQueriesAndKeys) {
  for (const bool by_head : {false, true}) {
    ExpectSameOnBothDevices({at::randn({7, 63, 3 * 4 * 16}), at::randn({63, 8})}, [&](const Tensors& x) {
      // All leaves are read, so that each has a gradient.
      return Tensors{TurnQueriesAndKeys(x[0] * 1, x[1].detach(), 4, by_head), x[1] + 0};
    });
  }
}

TEST(CudaDeviceTest, ShortAttention) {
  struct Shape {
    int64_t seq, size, first_query, end;
    bool by_head, unit_norm, table;
  };
  const std::vector<Shape> shapes = {{63, 16, 0, 63, false, true, true},
                                     {63, 64, 41, 63, true, true, true},
                                     {128, 64, 0, 128, false, false, false},
                                     {100, 40, 30, 96, false, true, true},
                                     {40, 256, 0, 40, false, true, true}};
  for (const Shape& shape : shapes) {
    const int64_t heads = 3;
    CausalAttentionInput input;
    input.heads = heads;
    input.by_head = shape.by_head;
    input.unit_norm = shape.unit_norm;
    input.first_query = shape.first_query;
    input.ids = {at::randint(0, 12, {9, shape.seq}, at::kLong), at::randint(0, 4, {9, shape.seq}, at::kLong), {2, 1}};
    const at::Tensor row_scale = at::arange(2, shape.seq + 2, at::kFloat).log();
    ExpectSameOnBothDevices(
        {at::randn({9, shape.seq, 3 * heads * shape.size}), at::randn({heads, input.ids.columns()}),
         at::randn({heads})},
        [&](const Tensors& x) {
          CausalAttentionInput there = input;
          there.qkv = x[0];
          if (shape.table) there.table = x[1];
          there.scale = shape.unit_norm ? x[2].exp() : at::full_like(x[2], 0.3);
          there.row_scale = row_scale.to(x[0].device());
          there.ids.first = input.ids.first.to(x[0].device());
          there.ids.second = input.ids.second.to(x[0].device());
          const int64_t queries = shape.end - shape.first_query;
          const at::Tensor out =
              x[0].is_cuda() ? DeviceAttention(there, shape.end) : CausalAttention(there).narrow(1, 0, queries);
          // All leaves are read, so that each has a gradient.
          return Tensors{out, x[1] + 0, x[2] + 0};
        },
        /*relative=*/1e-4);
  }
}

// What is read and written in less precision is computed in float32.
TEST(CudaDeviceTest, HalfPrecisionIsRoundedOnceOnTheWayOut) {
  for (const at::ScalarType type : {at::kBFloat16, at::kHalf}) {
    const double rounding = type == at::kHalf ? 1e-3 : 8e-3;
    const auto difference = [](const at::Tensor& a, const at::Tensor& b) {
      return ((a.to(at::kFloat) - b).abs().max() / b.abs().max()).item<double>();
    };
    const at::Device cuda(at::kCUDA, 0);
    const at::Tensor in = at::randn({50, 128}, cuda).to(type), exact = in.to(at::kFloat);
    EXPECT_LE(difference(Geglu(in), Geglu(exact)), rounding);
    const at::Tensor a = at::randn({50, 128}, cuda), weight = at::randn({128}, cuda), bias = at::randn({128}, cuda);
    const SumAndNorm mixed = AddLayerNorm(a, in, weight, bias, 1e-5, type);
    const SumAndNorm expected = AddLayerNorm(a, exact, weight, bias, 1e-5);
    EXPECT_EQ(mixed.sum.scalar_type(), at::kFloat);
    EXPECT_EQ(mixed.norm.scalar_type(), type);
    EXPECT_LE(difference(mixed.sum, expected.sum), 1e-6);
    EXPECT_LE(difference(mixed.norm, expected.norm), rounding);
  }
}

// Tensor cores read probabilities and their gradients in the type of what is read, or rounded to TF32.
TEST(CudaDeviceTest, ShortAttentionByTensorCores) {
  struct Shape {
    int64_t seq, size, first_query, end;
    bool unit_norm, table;
  };
  const at::Device cuda(at::kCUDA, 0);
  for (const Shape& shape :
       {Shape{64, 32, 0, 64, true, true}, Shape{63, 64, 40, 63, true, true}, Shape{128, 64, 0, 128, false, false},
        Shape{100, 20, 30, 96, true, true}, Shape{40, 256, 0, 33, true, true}, Shape{128, 128, 0, 128, true, true}}) {
    for (const at::ScalarType type : {at::kBFloat16, at::kHalf, at::kFloat}) {
      CausalAttentionInput rounded;
      rounded.heads = 3;
      rounded.unit_norm = shape.unit_norm;
      rounded.first_query = shape.first_query;
      rounded.row_scale = at::arange(2, shape.seq + 2, at::kFloat).log().to(cuda);
      rounded.scale = at::full({3}, shape.unit_norm ? 2.5f : 0.2f, cuda).set_requires_grad(true);
      rounded.ids = {at::randint(0, 12, {9, shape.seq}, at::kLong).to(cuda), at::Tensor(), {3}};
      if (shape.table) rounded.table = at::randn({3, 7}, cuda).set_requires_grad(true);
      rounded.qkv = at::randn({9, shape.seq, 9 * shape.size}, cuda).to(type).set_requires_grad(true);
      CausalAttentionInput exact = rounded;
      for (at::Tensor* tensor : {&exact.qkv, &exact.scale, &exact.table}) {
        if (tensor->defined()) *tensor = tensor->detach().to(at::kFloat).clone().set_requires_grad(true);
      }
      const at::Tensor expected = DeviceAttention(exact, shape.end);
      const at::Tensor weights = at::randn(expected.sizes()).to(cuda).to(type);
      (expected * weights).sum().backward();
      at::globalContext().setAllowTF32CuBLAS(true);  // of float32
      const at::Tensor out = DeviceAttention(rounded, shape.end);
      (out * weights).sum().backward();
      at::globalContext().setAllowTF32CuBLAS(false);
      if (type == at::kFloat) {
        EXPECT_FALSE(out.equal(expected));
      }
      const double rounding = type == at::kBFloat16 ? 3e-2 : 4e-3;
      ExpectClose(out.to(at::kFloat), expected, "out", rounding);
      ExpectClose(rounded.qkv.grad().to(at::kFloat), exact.qkv.grad(), "qkv", rounding);
      if (shape.unit_norm) ExpectClose(rounded.scale.grad(), exact.scale.grad(), "scale", rounding);
      if (shape.table) ExpectClose(rounded.table.grad(), exact.table.grad(), "table", rounding);
    }
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

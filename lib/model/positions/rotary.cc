// Rotary position embedding: how far lib/kernels/rotary/turn.h turns queries and keys.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/pow.h>

#include "absl/strings/str_cat.h"
#include "lib/model/positions/registry.h"

namespace tally {
namespace {

// position * 10000^(-2j / size), j < size / 2.
at::Tensor Angles(const at::Tensor& positions, int64_t size) {
  const at::Tensor twice = at::arange(0, size, 2, positions.options());
  return positions.unsqueeze(1) * at::pow(at::Scalar(10000.0), twice / static_cast<double>(size)).reciprocal();
}

absl::Status Check(const ModelConfig& config) {
  const int size = config.hidden_size() / config.attention().heads();
  return RefuseModelIf(
      size % 2 != 0,
      absl::StrCat("attention.position is ROPE; expected an even number of features a head, found ", size));
}

const RegisterAttention kRope({.position = AttentionConfig::ROPE, .angles = Angles, .check = Check});

}  // namespace
}  // namespace tally

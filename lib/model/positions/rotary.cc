// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) in half-split form: with x1, x2 the halves of a head's
// features and the angle a_j = position * 10000^(-2j / size), [x1, x2] -> [x1 cos a - x2 sin a, x2 cos a + x1 sin a].
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pow.h>

#include "absl/strings/str_cat.h"
#include "lib/model/positions/registry.h"

namespace tally {
namespace {

// 10000^(-2j / size), j < size / 2.
at::Tensor Frequencies(int64_t size, at::Device device) {
  const at::Tensor twice = at::arange(0, size, 2, at::TensorOptions(at::kFloat).device(device));
  return at::pow(at::Scalar(10000.0), twice / static_cast<double>(size)).reciprocal();
}

at::Tensor Rotate(const at::Tensor& x, const at::Tensor& positions) {
  const int64_t half = x.size(-1) / 2;
  const at::Tensor frequencies = Frequencies(x.size(-1), x.device());
  const at::Tensor angles = positions.unsqueeze(1) * frequencies;  // [S, d/2]
  const at::Tensor cosines = angles.cos(), sines = angles.sin();
  const at::Tensor first = x.narrow(-1, 0, half), second = x.narrow(-1, half, half);
  return at::cat({first * cosines - second * sines, second * cosines + first * sines}, -1);
}

absl::Status Check(const ModelConfig& config) {
  const int size = config.hidden_size() / config.attention().heads();
  return RefuseModelIf(
      size % 2 != 0,
      absl::StrCat("attention.position is ROPE; expected an even number of features a head, found ", size));
}

const RegisterAttention kRope({.position = AttentionConfig::ROPE, .turn = Rotate, .check = Check});

}  // namespace
}  // namespace tally

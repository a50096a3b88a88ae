#include "lib/model/positions/rotary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pow.h>

namespace tally {

at::Tensor RotaryFrequencies(int64_t size) {
  return at::pow(at::Scalar(10000.0), at::arange(0, size, 2, at::kFloat) / static_cast<double>(size)).reciprocal();
}

at::Tensor Rotate(const at::Tensor& x, const at::Tensor& positions) {
  const int64_t half = x.size(-1) / 2;
  const at::Tensor frequencies = RotaryFrequencies(x.size(-1)).to(x.device());
  const at::Tensor angles = positions.unsqueeze(1) * frequencies;  // [S, d/2]
  const at::Tensor cosines = angles.cos(), sines = angles.sin();
  const at::Tensor first = x.narrow(-1, 0, half), second = x.narrow(-1, half, half);
  return at::cat({first * cosines - second * sines, second * cosines + first * sines}, -1);
}

}  // namespace tally

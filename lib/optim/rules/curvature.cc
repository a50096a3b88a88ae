#include "lib/optim/rules/curvature.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "lib/base/random.h"
#include "lib/optim/rules/gradients.h"

namespace tally {
namespace {

// Random signs of the shape of `like`.
at::Tensor Signs(const at::Tensor& like, Random* random) {
  const at::Tensor signs = at::empty(like.sizes(), at::kFloat);
  float* const values = signs.mutable_data_ptr<float>();
  uint32_t bits = 0;
  for (int64_t i = 0; i < signs.numel(); ++i) {
    if (i % 32 == 0) bits = random->Next32();
    values[i] = bits >> (i % 32) & 1 ? 1.0f : -1.0f;
  }
  return signs.to(like.options().requires_grad(false));
}

}  // namespace

std::vector<at::Tensor> EstimateCurvature(const std::vector<at::Tensor>& weights, double distance, uint64_t seed,
                                          int64_t step, absl::FunctionRef<void()> recompute) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = GradientsOf(weights), start = CopiesOf(weights);
  Random random(seed, RandomStream::kCurvature, static_cast<uint64_t>(step));
  std::vector<at::Tensor> signs;
  for (const at::Tensor& weight : weights) signs.push_back(Signs(weight, &random));
  const auto gradients_at = [&](double along) {
    for (size_t i = 0; i < weights.size(); ++i) weights[i].copy_(start[i]).add_(signs[i], along);
    Recompute(weights, recompute);
    return GradientsOf(weights);
  };
  const std::vector<at::Tensor> above = gradients_at(distance), below = gradients_at(-distance);
  std::vector<at::Tensor> diagonal;
  for (size_t i = 0; i < weights.size(); ++i) {
    diagonal.push_back((above[i] - below[i]).mul_(signs[i]).div_(2 * distance));
    weights[i].copy_(start[i]);
    weights[i].mutable_grad() = gradients[i];
  }
  return diagonal;
}

}  // namespace tally

#include "lib/model/positions/logit_bias.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <limits>

namespace tally {

std::vector<std::unique_ptr<LogitBias>> MakeLogitBiases(const std::string& name, const ModelConfig& config,
                                                        const Initialiser& initialiser, Parameters* parameters) {
  std::vector<std::unique_ptr<LogitBias>> biases;
  if (config.attention().relative_clip() > 0) biases.push_back(MakeClippedRelativeBias(name, config, parameters));
  const AttentionScheme& scheme = AttentionOf(config);
  if (scheme.make_bias != nullptr) biases.push_back(scheme.make_bias(name, config, initialiser, parameters));
  return biases;
}

at::Tensor CausalMask(int64_t begin, int64_t end, at::Device device) {
  return at::full({end - begin, end}, -std::numeric_limits<float>::infinity(), device).triu(begin + 1);
}

}  // namespace tally

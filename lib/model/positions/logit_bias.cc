#include "lib/model/positions/logit_bias.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <limits>

namespace tally {

std::vector<std::unique_ptr<LogitBias>> MakeLogitBiases(const std::string& name, const ModelConfig& config,
                                                        const Initialiser& initialiser, Parameters* parameters) {
  std::vector<std::unique_ptr<LogitBias>> biases;
  if (config.attention().relative_clip() > 0) biases.push_back(MakeClippedRelativeBias(name, config, parameters));
  switch (config.attention().position()) {
    case AttentionConfig::FIRE:
      biases.push_back(MakeFireBias(name, config, initialiser, parameters));
      break;
    case AttentionConfig::ALIBI:
      biases.push_back(MakeAlibiBias(config));
      break;
    case AttentionConfig::ROPE:  // turns queries and keys instead
    case AttentionConfig::NO_POSITION:
      break;
  }
  return biases;
}

at::Tensor CausalMask(int64_t begin, int64_t end, at::Device device) {
  return at::full({end - begin, end}, -std::numeric_limits<float>::infinity(), device).triu(begin + 1);
}

}  // namespace tally

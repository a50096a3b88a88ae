#include "lib/model/initialiser.h"

#include <cmath>

namespace tally {
namespace {

// Xavier-normal's gain in the deepnorm schemes.
double Gain(const ModelConfig& config) {
  const double layers = static_cast<double>(config.layers()) * config.recurrences();
  switch (config.initialisation()) {
    case ModelConfig::DEEPNORM_STRAIGHT:
      return std::pow(8 * layers, -0.25);
    case ModelConfig::DEEPNORM_SUBLN:
      return std::sqrt(std::log(2 * layers));
    case ModelConfig::DEEPNORM_NORMAL:
      return config.initialisation_deviation();
    default:
      return 1;
  }
}

// The standard deviation of the schemes that have one for all matrices; 0 for the others.
double Deviation(const ModelConfig& config) {
  const double hidden = config.hidden_size();
  switch (config.initialisation()) {
    case ModelConfig::NORMAL_DEVIATION:
      return config.initialisation_deviation();
    case ModelConfig::SMALL:
      return std::sqrt(2 / (5 * hidden));
    case ModelConfig::MEGATRON:
      return std::sqrt(1 / (3 * hidden));
    case ModelConfig::WANG:
      return 2 / (static_cast<double>(config.layers()) * config.recurrences() * std::sqrt(hidden));
    default:
      return 0;
  }
}

// The bound of a uniform distribution that PyTorch's Linear starts with.
Init FanIn(int64_t inputs) { return Init::Uniform(1 / std::sqrt(static_cast<double>(inputs))); }

}  // namespace

Initialiser::Initialiser(const ModelConfig& config)
    : scheme_(config.initialisation()),
      by_head_(config.attention().packing() == AttentionConfig::BY_HEAD),
      hidden_(config.hidden_size()),
      gain_(Gain(config)),
      deviation_(Deviation(config)) {}

Init Initialiser::Xavier(double gain, int64_t inputs, int64_t outputs) const {
  return Init::Normal(gain * std::sqrt(2.0 / (inputs + outputs)));
}

Init Initialiser::Linear(int64_t inputs, int64_t outputs, bool residual) const {
  if (deviation_ > 0) return Init::Normal(deviation_);
  if (scheme_ == ModelConfig::LIBRARY) return FanIn(inputs);
  if (scheme_ == ModelConfig::ZERO_OUTPUT) return residual ? Init::Constant(0) : FanIn(inputs);
  return Xavier(gain_, inputs, outputs);
}

Init Initialiser::Bias(int64_t inputs) const {
  return scheme_ == ModelConfig::LIBRARY ? FanIn(inputs) : Init::Constant(0);
}

std::vector<Init> Initialiser::AttentionInput() const {
  if (deviation_ > 0) return {Init::Normal(deviation_)};
  if (scheme_ == ModelConfig::ZERO_OUTPUT) return {FanIn(hidden_)};
  if (scheme_ == ModelConfig::LIBRARY) {
    // Xavier-uniform over the whole [3 hidden, hidden] matrix, or, in the reference's own attention, standard normal.
    if (by_head_) return {Init::Normal(1)};
    return {Init::Uniform(std::sqrt(6.0 / (4 * hidden_)))};
  }
  const Init first = Xavier(1, hidden_, hidden_);
  return {first, first, Xavier(gain_, hidden_, hidden_)};
}

Init Initialiser::AttentionOutput() const { return Linear(hidden_, hidden_, /*residual=*/true); }

Init Initialiser::Table(int64_t width) const {
  if (deviation_ > 0) return Init::Normal(deviation_);
  if (scheme_ == ModelConfig::LIBRARY) return Init::Normal(1);
  return Init::Normal(1 / std::sqrt(static_cast<double>(width)));
}

}  // namespace tally

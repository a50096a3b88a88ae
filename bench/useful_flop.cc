#include "bench/useful_flop.h"

#include <algorithm>
#include <vector>

#include "lib/model/validate.h"

namespace tally {
namespace {

// Tokens, and pairs of a query and a key up to it.
struct Work {
  double tokens = 0, pairs = 0;
};

// Of all tokens: a sequence ends with the last token that the loss reads.
Work WorkOf(const Batch& batch) {
  std::vector<double> lengths(batch.sequences);
  for (const int64_t at : batch.label_positions) {
    lengths[at / batch.length] = static_cast<double>(at % batch.length + 1);
  }
  Work work;
  for (const double length : lengths) {
    work.tokens += length;
    work.pairs += length * (length + 1) / 2;
  }
  return work;
}

// Of the tokens that the loss reads.
Work ReadWork(const Batch& batch) {
  Work work;
  for (const int64_t at : batch.label_positions) {
    work.tokens += 1;
    work.pairs += static_cast<double>(at % batch.length + 1);
  }
  return work;
}

// A feed-forward layer's, for each token.
double FeedForwardFlop(const ModelConfig& config) {
  const auto in = static_cast<double>(IntermediateSize(config));
  return 2.0 * config.hidden_size() * (in + (config.gated() ? in / 2 : in));
}

// What comes after the block, for each token that the loss reads.
double HeadFlop(const ModelConfig& config) {
  const double hidden = config.hidden_size();
  double flop = 2 * hidden * config.vocabulary_size();
  if (config.head() == ModelConfig::FFN) flop += FeedForwardFlop(config);
  if (config.head() == ModelConfig::LINEAR) flop += 2 * hidden * hidden;
  if (config.output_adapter()) flop += 2 * hidden * hidden;
  return flop;
}

}  // namespace

double UsefulFlop(const ModelConfig& config, const Batch& batch, const LossTerm& pass) {
  const double hidden = config.hidden_size(), layers = config.layers();
  const double keys_and_values = 4 * hidden * hidden;
  const double query = 4 * hidden * hidden + FeedForwardFlop(config);
  const Work all = WorkOf(batch), read = ReadWork(batch);
  const auto layer = [&](const Work& queries) {
    return all.tokens * keys_and_values + queries.tokens * query + 4 * hidden * queries.pairs;
  };
  const double untracked = layers * static_cast<double>(pass.untracked);
  const double tracked = layers * static_cast<double>(pass.recurrences) - untracked;
  return untracked * layer(all) + 3 * ((tracked - 1) * layer(all) + layer(read) + read.tokens * HeadFlop(config));
}

double MuonFlop(const Parameters& parameters) {
  double flop = 0;
  for (const Parameter& parameter : parameters.entries()) {
    if (parameter.role != ParameterRole::kHiddenMatrix) continue;
    const auto [least, most] = std::minmax({parameter.tensor.size(0), parameter.tensor.size(1)});
    const double r = static_cast<double>(least), c = static_cast<double>(most);
    flop += 5 * (4 * r * r * c + 2 * r * r * r);
  }
  return flop;
}

}  // namespace tally

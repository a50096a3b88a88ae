#include "lib/train/loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>

#include <algorithm>

#include "lib/base/random.h"

namespace tally {
namespace {

// Recurrences of a step that carry gradient.
int64_t TrackedRecurrences(const ModelConfig& model) {
  return model.backprop_recurrences() > 0 ? model.backprop_recurrences() : model.recurrences();
}

// The reference's draw: n below R, then k in 1..min(R - n, tracked).
LossTerm ProgressiveTerm(const ModelConfig& model, uint64_t seed, int64_t step) {
  Random random(seed, RandomStream::kRecurrences, step);
  LossTerm term;
  term.untracked = static_cast<int64_t>(random.Below(model.recurrences()));
  const int64_t most = std::min(model.recurrences() - term.untracked, TrackedRecurrences(model));
  term.recurrences = term.untracked + 1 + static_cast<int64_t>(random.Below(most));
  return term;
}

}  // namespace

std::vector<float> LabelWeights(const LossConfig& config, const Batch& batch) {
  const double n = static_cast<double>(batch.labels.size());
  if (config.reduction() == LossConfig::TOKEN_EQUAL) return std::vector<float>(batch.labels.size(), 1 / n);
  if (config.reduction() == LossConfig::POSITION_EQUAL) {
    return std::vector<float>(batch.labels.size(), 1.0 / (batch.sequences * batch.length));
  }
  std::vector<int64_t> counts(batch.sequences);
  for (const int64_t place : batch.label_positions) ++counts[place / batch.length];
  std::vector<float> weights;
  for (const int64_t place : batch.label_positions) {
    weights.push_back(1.0 / (batch.sequences * counts[place / batch.length]));
  }
  return weights;
}

at::Tensor WeightedLoss(const LossConfig& config, const at::Tensor& logits, const at::Tensor& labels,
                        const at::Tensor& weights) {
  at::Tensor losses = at::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::None,
                                             /*ignore_index=*/-100, config.label_smoothing());
  if (config.z_loss() > 0) losses = losses + at::logsumexp(logits, -1).square() * config.z_loss();
  return losses.dot(weights);
}

at::Tensor SumOfEntropies(const at::Tensor& logits, const at::Tensor& weights) {
  const at::NoGradGuard no_grad;
  at::Tensor log_shares = at::log_softmax(logits.detach(), -1);
  const at::Tensor shares = log_shares.exp();
  log_shares.mul_(weights.ne(0).unsqueeze(-1));
  return -shares.flatten().dot(log_shares.flatten());  // one product: this is part of every step
}

std::vector<LossTerm> LossTerms(const LossConfig& loss, const ModelConfig& model, uint64_t seed, int64_t step) {
  const double tracked = static_cast<double>(TrackedRecurrences(model)), all = model.recurrences();
  const double factor = loss.throttle() ? (1 + std::min(all / 4, tracked / 2)) / tracked : 1;
  const double alpha = loss.progressive_alpha();
  const auto extra =
      static_cast<int64_t>(Random(seed, RandomStream::kExtraRecurrences, step).Below(loss.extra_recurrences() + 1));
  const int64_t untracked = model.recurrences() - TrackedRecurrences(model);
  std::vector<LossTerm> terms;
  if (alpha < 1) terms.push_back({factor * (1 - alpha), untracked, model.recurrences() + extra});
  if (alpha > 0) {
    terms.push_back(ProgressiveTerm(model, seed, step));
    terms.back().weight = factor * alpha;
  }
  return terms;
}

}  // namespace tally

// The loss of a batch, and the forward passes that it is made of.
#ifndef TALLY_LIB_TRAIN_LOSS_H_
#define TALLY_LIB_TRAIN_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/batches/batch.h"
#include "lib/model/model_config.pb.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// The weight of each of the batch's labels, [n]; config.reduction() says which.
std::vector<float> LabelWeights(const LossConfig& config, const Batch& batch);

// sum_i weights[i] * (cross entropy of logits[i] and labels[i] + z_loss * logsumexp(logits[i])^2), a scalar, in nats.
// logits [n, vocabulary]; labels [n] int64; weights [n] float32.
at::Tensor WeightedLoss(const LossConfig& config, const at::Tensor& logits, const at::Tensor& labels,
                        const at::Tensor& weights);

// The entropy of softmax(logits) in nats, a sum over the rows whose weight is not 0: a scalar, without gradient. logits
// [n, vocabulary]; weights [n].
at::Tensor SumOfEntropies(const at::Tensor& logits, const at::Tensor& weights);

// One forward pass of a step.
struct LossTerm {
  double weight = 1;        // of its loss in the step's
  int64_t untracked = 0;    // recurrences without gradient, then
  int64_t recurrences = 0;  // recurrences in all, before those for digits
};

// The terms of step `step`: all recurrences, or the progressive term, or both in this order. A pure function.
std::vector<LossTerm> LossTerms(const LossConfig& loss, const ModelConfig& model, uint64_t seed, int64_t step);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_LOSS_H_

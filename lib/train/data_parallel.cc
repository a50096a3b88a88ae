#include "lib/train/data_parallel.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "lib/model/draws.h"
#include "lib/model/threads.h"
#include "lib/train/loss.h"

namespace tally {
namespace {

at::Tensor View(int64_t* values, at::IntArrayRef shape) { return at::from_blob(values, shape, at::kLong); }

void ClearGradients(const Model& model) {
  for (const Parameter& parameter : model.parameters().entries()) parameter.tensor.mutable_grad() = at::Tensor();
}

}  // namespace

// A range of the batch's sequences, and what came of it.
struct DataParallel::Part {
  int64_t first = 0, sequences = 0;  // of the batch
  int64_t first_label = 0;           // of the batch
  std::vector<int64_t> rows;         // counted from the part's first position
  double loss = 0;                   // its share of the batch's
  std::vector<int64_t> predictions;
  bool last = false;  // nothing comes after it in this rank
};

DataParallel::DataParallel(Model* model, const LossConfig& loss, int threads) : model_(model), loss_(loss) {
  for (int i = 1; i < threads; ++i) replicas_.push_back(model->Replica());
}

DataParallel::Part DataParallel::Cut(const Batch& batch, int64_t first_sequence, int64_t sequences) const {
  Part part;
  part.first = first_sequence;
  part.sequences = sequences;
  const int64_t begin = part.first * batch.length, end = begin + part.sequences * batch.length;
  // Rows rise, so a part's are neighbours.
  const auto first = std::lower_bound(batch.label_positions.begin(), batch.label_positions.end(), begin);
  const auto last = std::lower_bound(first, batch.label_positions.end(), end);
  part.first_label = first - batch.label_positions.begin();
  for (auto row = first; row != last; ++row) part.rows.push_back(*row - begin);
  return part;
}

void DataParallel::RunPart(const Model& model, const StepSeed& draws, std::vector<float>& weights, Batch& batch,
                           const RankPart& rank, Part* part) const {
  const int64_t n = static_cast<int64_t>(part->rows.size());
  if (n == 0) return;
  const at::Tensor labels = View(batch.labels.data() + part->first_label, {n}).to(model.device());
  const at::Tensor weight = at::from_blob(weights.data() + part->first_label, {n}, at::kFloat).to(model.device());
  ModelInput input;
  input.ids = View(batch.ids.data() + part->first * batch.length, {part->sequences, batch.length});
  input.rows = View(part->rows.data(), {n});
  const std::vector<LossTerm> terms = LossTerms(loss_, model.config(), draws.seed, draws.step);
  for (size_t t = 0; t < terms.size(); ++t) {
    // Each term has random numbers of its own.
    std::vector<uint64_t> samples(part->sequences);
    for (int64_t s = 0; s < part->sequences; ++s) {
      samples[s] = (draws.first_sample + part->first + s) * terms.size() + t;
    }
    DrawForTraining(model.config(), draws.seed,
                    draws.step * static_cast<int64_t>(terms.size()) + static_cast<int64_t>(t), samples, &input,
                    model.device());
    input.untracked = terms[t].untracked;
    input.recurrences = terms[t].recurrences;
    const at::Tensor logits = model.Forward(input);
    const at::Tensor loss = WeightedLoss(loss_, logits, labels, weight) * terms[t].weight;
    if (part->last && t + 1 == terms.size()) rank.before_last();
    (rank.loss_scale == 1 ? loss : loss * rank.loss_scale).backward();
    part->loss += loss.item<double>();
    if (t > 0) continue;
    const at::Tensor predicted = logits.argmax(-1).cpu();
    part->predictions.assign(predicted.const_data_ptr<int64_t>(), predicted.const_data_ptr<int64_t>() + n);
  }
}

void DataParallel::AddGradients(const Model& replica) {
  for (size_t i = 0; i < replica.parameters().entries().size(); ++i) {
    const at::Tensor& grad = replica.parameters().entries()[i].tensor.grad();
    at::Tensor& sum = model_->parameters().entries()[i].tensor.mutable_grad();
    if (!grad.defined()) continue;
    if (sum.defined()) {
      sum.add_(grad);
    } else {
      sum = grad;
    }
  }
}

void DataParallel::ClearAllGradients() {
  ClearGradients(*model_);
  for (const auto& replica : replicas_) ClearGradients(*replica);
}

void DataParallel::RunMicrobatch(const StepSeed& draws, std::vector<float>& weights, Batch& batch, const RankPart& rank,
                                 int64_t first, int64_t sequences, StepOutcome* outcome) {
  const int64_t threads = static_cast<int64_t>(replicas_.size()) + 1;
  std::vector<Part> parts;
  for (int64_t k = 0; k < threads; ++k) {
    const int64_t begin = sequences * k / threads;
    parts.push_back(Cut(batch, first + begin, sequences * (k + 1) / threads - begin));
  }
  parts[0].last = threads == 1 && first + sequences == rank.shard.End(batch.sequences);
  RunInThreads(static_cast<int>(threads),
               [&](int k) { RunPart(k == 0 ? *model_ : *replicas_[k - 1], draws, weights, batch, rank, &parts[k]); });
  for (const Part& part : parts) {
    outcome->loss += part.loss;
    outcome->predictions.insert(outcome->predictions.end(), part.predictions.begin(), part.predictions.end());
  }
}

StepOutcome DataParallel::Backward(Batch& batch, const StepSeed& draws, int64_t microbatch, const RankPart& rank) {
  const int64_t size = microbatch > 0 ? microbatch : batch.sequences;
  std::vector<float> weights = LabelWeights(loss_, batch);
  StepOutcome outcome;
  ClearAllGradients();
  const int64_t end = rank.shard.End(batch.sequences);
  for (int64_t first = rank.shard.Begin(batch.sequences); first < end; first += size) {
    RunMicrobatch(draws, weights, batch, rank, first, std::min(size, end - first), &outcome);
  }
  for (const auto& replica : replicas_) AddGradients(*replica);
  return outcome;
}

}  // namespace tally

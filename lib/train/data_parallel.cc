#include "lib/train/data_parallel.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "lib/model/threads.h"

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
  double loss = 0;                   // sum over its labels / labels of the whole batch
  std::vector<int64_t> predictions;
};

DataParallel::DataParallel(Model* model, int threads) : model_(model) {
  for (int i = 1; i < threads; ++i) replicas_.push_back(model->Replica());
}

DataParallel::Part DataParallel::Cut(const Batch& batch, int64_t k, int64_t parts) const {
  Part part;
  part.first = batch.sequences * k / parts;
  part.sequences = batch.sequences * (k + 1) / parts - part.first;
  const int64_t begin = part.first * batch.length, end = begin + part.sequences * batch.length;
  // Rows rise, so a part's are neighbours.
  const auto first = std::lower_bound(batch.rows.begin(), batch.rows.end(), begin);
  const auto last = std::lower_bound(first, batch.rows.end(), end);
  part.first_label = first - batch.rows.begin();
  for (auto row = first; row != last; ++row) part.rows.push_back(*row - begin);
  return part;
}

void DataParallel::RunPart(const Model& model, const StepDraws& draws, int64_t labels, Batch& batch, Part* part) const {
  const int64_t n = static_cast<int64_t>(part->rows.size());
  if (n == 0) return;
  std::vector<uint64_t> samples(part->sequences);
  for (int64_t s = 0; s < part->sequences; ++s) samples[s] = draws.first_sample + part->first + s;
  ModelInput input;
  input.ids = View(batch.ids.data() + part->first * batch.length, {part->sequences, batch.length});
  input.rows = View(part->rows.data(), {n});
  input.untracked = draws.untracked;
  input.position_offset = draws.position_offset;
  input.initial_state = model.InitialState(draws.seed, samples, batch.length);
  const at::Tensor logits = model.Forward(input);
  const at::Tensor target = View(batch.labels.data() + part->first_label, {n});
  const at::Tensor loss =
      at::cross_entropy_loss(logits, target, /*weight=*/{}, at::Reduction::Sum) / static_cast<double>(labels);
  loss.backward();
  part->loss = loss.item<double>();
  const at::Tensor predicted = logits.argmax(-1);
  part->predictions.assign(predicted.const_data_ptr<int64_t>(), predicted.const_data_ptr<int64_t>() + n);
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

StepOutcome DataParallel::Backward(Batch& batch, const StepDraws& draws) {
  const int64_t threads = static_cast<int64_t>(replicas_.size()) + 1;
  std::vector<Part> parts;
  for (int64_t k = 0; k < threads; ++k) parts.push_back(Cut(batch, k, threads));
  const int64_t labels = static_cast<int64_t>(batch.labels.size());
  RunInThreads(static_cast<int>(threads), [&](int k) {
    const Model& model = k == 0 ? *model_ : *replicas_[k - 1];
    ClearGradients(model);
    RunPart(model, draws, labels, batch, &parts[k]);
  });
  StepOutcome outcome;
  for (const Part& part : parts) {
    outcome.loss += part.loss;
    outcome.predictions.insert(outcome.predictions.end(), part.predictions.begin(), part.predictions.end());
  }
  for (const auto& replica : replicas_) AddGradients(*replica);
  return outcome;
}

}  // namespace tally

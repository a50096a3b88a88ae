#include "lib/train/data_parallel.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "lib/model/draws.h"
#include "lib/model/torch_runtime.h"
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
  double state_loss = 0;
  StateCounts state;
  double entropy = 0;
  std::vector<int64_t> predictions;
  bool last = false;  // nothing comes after it in this rank
};

// What the parts of a step share.
struct DataParallel::Step {
  const StepSeed& draws;
  Batch& batch;
  const RankPart& rank;
  RecurrencePlan plan;         // where a state is supervised
  std::vector<float> weights;  // [n] of the batch's labels
};

void SetTerm(const ModelConfig& config, const StepSeed& draws, int64_t first, const std::vector<LossTerm>& terms,
             size_t t, ModelInput* input, at::Device device) {
  // Each term has random numbers of its own.
  std::vector<uint64_t> samples(input->ids.size(0));
  for (size_t s = 0; s < samples.size(); ++s) samples[s] = (draws.first_sample + first + s) * terms.size() + t;
  DrawForTraining(config, draws.seed, draws.step * static_cast<int64_t>(terms.size()) + static_cast<int64_t>(t),
                  samples, input, device);
  input->untracked = terms[t].untracked;
  input->recurrences = terms[t].recurrences;
}

DataParallel::DataParallel(Model* model, const LossConfig& loss, int threads, const StateTeacher* teacher)
    : model_(model), loss_(loss), teacher_(teacher) {
  for (int i = 1; i < threads; ++i) replicas_.push_back(model->Replica());
}

DataParallel::Part DataParallel::Cut(const Batch& batch, int64_t first_sequence, int64_t sequences) const {
  Part part;
  part.first = first_sequence;
  part.sequences = sequences;
  part.first_label = batch.FirstLabel(first_sequence);
  const int64_t end = batch.FirstLabel(first_sequence + sequences);
  for (int64_t label = part.first_label; label < end; ++label) {
    part.rows.push_back(batch.label_positions[label] - first_sequence * batch.length);
  }
  return part;
}

// Runs the recurrences that the plan names. Returns the loss and sets the part's predictions.
at::Tensor DataParallel::PassWithState(const Model& model, const Step& step, const at::Tensor& labels,
                                       const at::Tensor& weight, ModelInput* input, Part* part) const {
  const StateTargets targets =
      teacher_->TargetsOf(step.plan, step.batch, part->first, part->sequences, part->first_label);
  if (step.plan.taught) {
    input->recurrences = 1;
    input->state_values = targets.before;
    input->recurrences_done = at::empty({part->sequences}, at::kLong);
    std::copy_n(step.plan.first.begin() + part->first, part->sequences, input->recurrences_done.data_ptr<int64_t>());
  }
  const OutputAndState output = model.ForwardWithState(*input);
  const at::Tensor state_loss = StateLoss(output.state_logits, targets);
  part->state_loss += state_loss.item<double>();
  part->entropy += SumOfEntropies(output.logits, weight.new_ones(weight.sizes())).item<double>();
  const at::Tensor predicted = output.logits.argmax(-1).cpu();
  std::vector<at::Tensor> right;  // after each recurrence, [n] bool
  for (size_t r = 0; r < targets.after.size(); ++r) {
    right.push_back(output.state_logits[r].argmax(-1).eq(targets.after[r].to(model.device())).all(-1).cpu());
  }
  for (int64_t i = 0; i < predicted.size(0); ++i) {
    const int64_t label = part->first_label + i;
    const int64_t sequence = step.batch.label_positions[label] / step.batch.length;
    for (int64_t p = step.plan.first[sequence]; p < step.plan.end[sequence]; ++p) {
      part->state.Add(p + 1, right[p - step.plan.first[sequence]].const_data_ptr<bool>()[i]);
    }
    const bool read = step.plan.answers[sequence];
    const bool state_right = !step.plan.taught || right[0].const_data_ptr<bool>()[i];
    const int64_t choice = read ? predicted.const_data_ptr<int64_t>()[i] : step.batch.labels[label];
    part->predictions.push_back(state_right ? choice : kPadId);
  }
  return WeightedLoss(loss_, output.logits, labels, weight) + state_loss * StateWeight(loss_, step.draws.step);
}

void DataParallel::RunPart(const Model& model, Step* step, Part* part) const {
  const int64_t n = static_cast<int64_t>(part->rows.size());
  if (n == 0) return;
  const StepSeed& draws = step->draws;
  Batch& batch = step->batch;
  const at::Tensor labels = View(batch.labels.data() + part->first_label, {n}).to(model.device());
  const at::Tensor weight = at::from_blob(step->weights.data() + part->first_label, {n}, at::kFloat).to(model.device());
  ModelInput input;
  input.ids = View(batch.ids.data() + part->first * batch.length, {part->sequences, batch.length});
  input.rows = View(part->rows.data(), {n});
  const std::vector<LossTerm> terms = LossTerms(loss_, model.config(), draws.seed, draws.step);
  for (size_t t = 0; t < terms.size(); ++t) {
    SetTerm(model.config(), draws, part->first, terms, t, &input, model.device());
    at::Tensor loss;
    if (teacher_ != nullptr) {
      loss = PassWithState(model, *step, labels, weight, &input, part);
    } else {
      const at::Tensor logits = model.Forward(input);
      loss = WeightedLoss(loss_, logits, labels, weight) * terms[t].weight;
      if (t == 0) {
        part->entropy += SumOfEntropies(logits, weight).item<double>();
        const at::Tensor predicted = logits.argmax(-1).cpu();
        part->predictions.assign(predicted.const_data_ptr<int64_t>(), predicted.const_data_ptr<int64_t>() + n);
      }
    }
    if (part->last && t + 1 == terms.size()) step->rank.before_last();
    (step->rank.loss_scale == 1 ? loss : loss * step->rank.loss_scale).backward();
    part->loss += loss.item<double>();
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

void DataParallel::RunMicrobatch(Step* step, int64_t first, int64_t sequences, StepOutcome* outcome) {
  const int64_t threads = static_cast<int64_t>(replicas_.size()) + 1;
  std::vector<Part> parts;
  for (int64_t k = 0; k < threads; ++k) {
    const int64_t begin = sequences * k / threads;
    parts.push_back(Cut(step->batch, first + begin, sequences * (k + 1) / threads - begin));
  }
  parts[0].last = threads == 1 && first + sequences == step->rank.shard.End(step->batch.sequences);
  RunInThreads(static_cast<int>(threads),
               [&](int k) { RunPart(k == 0 ? *model_ : *replicas_[k - 1], step, &parts[k]); });
  for (const Part& part : parts) {
    outcome->loss += part.loss;
    outcome->state_loss += part.state_loss;
    outcome->entropy += part.entropy;
    outcome->state += part.state;
    outcome->predictions.insert(outcome->predictions.end(), part.predictions.begin(), part.predictions.end());
  }
}

StepOutcome DataParallel::Backward(Batch& batch, const StepSeed& draws, int64_t microbatch, const RankPart& rank) {
  const int64_t size = microbatch > 0 ? microbatch : batch.sequences;
  Step step = {draws, batch, rank, {}, LabelWeights(loss_, batch)};
  if (teacher_ != nullptr) {
    step.plan = teacher_->PlanOf(model_->config(), batch, draws.seed, draws.step, draws.first_sample);
    teacher_->KeepAnswers(step.plan, batch, &step.weights);
  }
  StepOutcome outcome;
  ClearAllGradients();
  const int64_t end = rank.shard.End(batch.sequences);
  for (int64_t first = rank.shard.Begin(batch.sequences); first < end; first += size) {
    RunMicrobatch(&step, first, std::min(size, end - first), &outcome);
  }
  for (const auto& replica : replicas_) AddGradients(*replica);
  return outcome;
}

}  // namespace tally

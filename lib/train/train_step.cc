#include "lib/train/train_step.h"

#include <ATen/ops/from_blob.h>

#include <cmath>
#include <limits>
#include <vector>

#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/kernels/gemm/bfloat16_scope.h"
#include "lib/train/rank_agreement.h"

namespace tally {
namespace {

std::vector<at::Tensor> Trained(const Parameters& parameters) {
  std::vector<at::Tensor> trained;
  for (const Parameter& parameter : parameters.entries()) {
    if (parameter.trained) trained.push_back(parameter.tensor);
  }
  return trained;
}

}  // namespace

TrainStep::TrainStep(const TrainConfig* config, Model* model, Optimizer* optimizer, int threads, ProcessGroup* group,
                     TrainerState* state, const StateTeacher* teacher)
    : config_(*config),
      model_(model),
      optimizer_(optimizer),
      group_(group),
      parallel_(model, config->loss(), threads, teacher) {
  if (group != nullptr) reducer_ = std::make_unique<GradientReducer>(group, Trained(model->parameters()));
  if (config->precision() != TrainConfig::FP16) return;
  if (state == nullptr) state = &own_state_;
  loss_scale_ = std::make_unique<LossScale>(&state->loss_scale, &state->good_steps);
}

// Leaves the gradients of the whole batch in the parameters of every rank; the outcome is this rank's.
absl::StatusOr<StepOutcome> TrainStep::Gradients(Batch& batch, const StepSeed& draws) {
  RankPart rank;
  if (loss_scale_ != nullptr) rank.loss_scale = loss_scale_->scale();
  rank.shard = PartOf(group_);
  if (group_ != nullptr) rank.before_last = [this] { reducer_->EnableOverlap(); };
  StepOutcome outcome = parallel_.Backward(batch, draws, config_.microbatch_size(), rank);
  if (reducer_ != nullptr) TALLY_RETURN_IF_ERROR(reducer_->Finish());
  return outcome;
}

absl::Status TrainStep::AddOverRanks(StepResult* result) const {
  if (group_ == nullptr) return absl::OkStatus();
  StepCounts& c = result->counts;
  int64_t stop = result->stop;
  std::vector<int64_t*> counts = {&c.tokens,    &c.tokens_right, &c.problems, &c.problems_right,
                                  &c.positions, &c.padding,      &stop};
  for (auto* const by_recurrence : {&c.state.tokens, &c.state.right}) {
    for (int64_t& count : *by_recurrence) counts.push_back(&count);
  }
  std::vector<double> numbers = {result->loss, result->state_loss, c.entropy};
  for (const int64_t* count : counts) numbers.push_back(static_cast<double>(*count));
  TALLY_RETURN_IF_ERROR(
      group_->Sum(at::from_blob(numbers.data(), {static_cast<int64_t>(numbers.size())}, at::kDouble)));
  result->loss = numbers[0];
  result->state_loss = numbers[1];
  c.entropy = numbers[2];
  for (size_t i = 3; i < numbers.size(); ++i) *counts[i - 3] = static_cast<int64_t>(numbers[i]);
  result->stop = stop > 0;
  return absl::OkStatus();
}

absl::StatusOr<StepResult> TrainStep::Run(Batch& batch, const StepSeed& draws, double factor) {
  TALLY_ASSIGN_OR_RETURN(const StepOutcome outcome, Gradients(batch, draws));
  const Shard shard = PartOf(group_);
  const int64_t first = shard.Begin(batch.sequences), end = shard.End(batch.sequences);
  StepResult result;
  result.loss = outcome.loss;
  result.state_loss = outcome.state_loss;
  result.counts = CountRight(batch, first, end - first, outcome.predictions);
  result.counts.state = outcome.state;
  result.counts.entropy = outcome.entropy;
  result.stop = StopRequested();
  TALLY_RETURN_IF_ERROR(AddOverRanks(&result));
  result.finite = std::isfinite(result.loss);
  if (!result.finite) return result;
  const bool may_be_too_high = loss_scale_ != nullptr && loss_scale_->CanFall();
  if (loss_scale_ != nullptr && !loss_scale_->Unscale(model_->parameters())) {
    result.grad_norm = std::numeric_limits<double>::infinity();
    result.finite = may_be_too_high;
    return result;
  }
  result.grad_norm = ClipGradients(model_->parameters(), config_.optimizer());
  result.finite = std::isfinite(result.grad_norm);
  if (!result.finite) return result;
  TALLY_RETURN_IF_ERROR(Move(batch, draws, factor, &result));
  return result;
}

// Gradients of further passes are sums over the ranks too, so that all ranks find the same of them not finite.
absl::Status TrainStep::Move(Batch& batch, const StepSeed& draws, double factor, StepResult* result) {
  absl::Status status;
  bool scaled_too_high = false;
  const Bfloat16Scope scope(config_.precision() == TrainConfig::BF16);
  const bool moved = optimizer_->Step(factor, [&] {
    if (!status.ok()) return;
    status = Gradients(batch, draws).status();
    const bool may_be_too_high = loss_scale_ != nullptr && loss_scale_->CanFall();
    if (loss_scale_ != nullptr && !loss_scale_->Unscale(model_->parameters())) scaled_too_high = may_be_too_high;
  });
  TALLY_RETURN_IF_ERROR(status);
  result->finite = moved || scaled_too_high;
  result->second_pass = !result->finite;
  return absl::OkStatus();
}

}  // namespace tally

// How a run continues so that it ends in the same bytes as one that never stopped (DESIGN contract 3):
//
//   1. All that changes from step to step is: parameters, the optimizer's memory, averages of the weights and
//      TrainerState. CheckpointManager writes them together; a killed process leaves the last whole checkpoint.
//   2. Batches, offsets and initial states are pure functions of (seed, TrainerState).
//   3. Continuing reads them back and goes on with the next step.
// With a budget in minutes the schedule follows the clock, so only budgets in steps give equal bytes.
#include "lib/train/trainer.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/base/exit_code.h"
#include "lib/base/process.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/batches/batch.h"
#include "lib/distributed/process_group.h"
#include "lib/distributed/ranks.h"
#include "lib/model/precision.h"
#include "lib/model/threads.h"
#include "lib/model/validate.h"
#include "lib/optim/ema.h"
#include "lib/optim/optimizer.h"
#include "lib/optim/schedule.h"
#include "lib/runs/checkpoint_manager.h"
#include "lib/runs/open_log.h"
#include "lib/runs/run_folder.h"
#include "lib/runs/training_log.h"
#include "lib/train/budget.h"
#include "lib/train/memory_fit.h"
#include "lib/train/nonfinite_step.h"
#include "lib/train/open_batches.h"
#include "lib/train/rank_agreement.h"
#include "lib/train/train_step.h"
#include "lib/train/validation.h"

namespace tally {
namespace {

class Trainer {
 public:
  // `group` is null where the process is alone.
  Trainer(const TrainOptions& options, at::Device device, Precision precision, ProcessGroup* group)
      : options_(options),
        config_(options.config),
        train_(config_.train()),
        device_(device),
        precision_(precision),
        group_(group) {}

  absl::Status Run() {
    TALLY_RETURN_IF_ERROR(Prepare());
    return Loop();
  }

 private:
  absl::Status Prepare() {
    TALLY_ASSIGN_OR_RETURN(source_, OpenBatches(config_));
    const DataFacts& data = source_->facts();
    ModelConfig model_config = config_.model();
    model_config.set_vocabulary_size(data.vocabulary.size());
    TALLY_ASSIGN_OR_RETURN(model_, Model::Create(model_config, train_.seed()));
    model_->Place(device_, precision_);
    TALLY_RETURN_IF_ERROR(CheckLengths());
    if (train_.ema_decay() > 0) ema_ = std::make_unique<Ema>(train_.ema_decay(), model_->parameters());
    // A device works on the whole batch at once.
    const int threads = device_.is_cuda() && train_.threads() == 0 ? 1 : ThreadCount(train_.threads());
    optimizer_ = std::make_unique<Optimizer>(train_.optimizer(), model_->parameters(), train_.seed(), threads);
    step_ = std::make_unique<TrainStep>(&train_, model_.get(), optimizer_.get(), threads, group_);
    if (leads() && train_.eval_every_steps() > 0) {
      TALLY_ASSIGN_OR_RETURN(validation_, Validation::Open(train_.validation_data(), model_.get(), data.vocabulary,
                                                           train_.seed(), threads));
    }
    TALLY_RETURN_IF_ERROR(OpenRun());
    TALLY_ASSIGN_OR_RETURN(log_, OpenLog(options_.out, state_.step, &train_, leads()));
    if (leads()) {
      LogLine(absl::StrFormat("%d parameters, %s, %d ranks, %d threads", model_->parameters().count(), data.description,
                              group_ == nullptr ? 1 : group_->size(), threads));
    }
    start_ = absl::Now() - absl::Seconds(state_.seconds);
    first_step_ = state_.step;
    return absl::OkStatus();
  }

  // BadInput where the data have lines that are too long for the model's position table.
  absl::Status CheckLengths() const {
    const DataFacts& data = source_->facts();
    const auto& positions = model_->config().positions();
    const int64_t offset = std::max(positions.max_offset(), positions.test_offset());
    return model_->CheckLength(data.longest_number, data.longest_row, offset);
  }

  // Starts or continues the run. Rank 0, which writes the folder, opens it; the others wait for that, then read.
  absl::Status OpenRun() {
    const RunParts parts = {source_.get(), model_.get(), optimizer_.get(), ema_.get()};
    checkpoints_ = std::make_unique<CheckpointManager>(options_.out, &config_, parts, leads());
    if (leads()) {
      const auto fit = [this] { return FitToMemory(); };
      TALLY_RETURN_IF_ERROR(checkpoints_->Open(options_.resume, fit, &state_));
    }
    if (group_ == nullptr) return absl::OkStatus();
    TALLY_RETURN_IF_ERROR(AgreeOnOptions(group_, options_.config, options_.resume));
    if (!leads()) TALLY_RETURN_IF_ERROR(ReadRun());
    TALLY_ASSIGN_OR_RETURN(const std::string data, source_->Fingerprint(state_.problems));
    return AgreeOnStart(group_, state_.step, data);
  }

  absl::Status FitToMemory() {
    const auto probe = [this](Batch& batch) {
      step_->Probe(batch);
      return ResidentMegabytes().peak;
    };
    return FitMemory(source_.get(), probe, config_.mutable_train());
  }

  // What rank 0 has opened.
  absl::Status ReadRun() {
    TALLY_ASSIGN_OR_RETURN(const RunConfig written, ReadRunConfig(options_.out));
    config_.mutable_train()->set_microbatch_size(written.train().microbatch_size());  // FitMemory's
    return options_.resume ? checkpoints_->Restore(&state_) : absl::OkStatus();
  }

  absl::Status Loop() {
    double used = BudgetUsed(train_, state_.step, state_.seconds);
    if (used >= 1 && leads()) LogLine("the budget is used up; a larger one (--steps, --minutes) extends the run");
    while (used < 1) {
      TALLY_ASSIGN_OR_RETURN(const StepResult result, Step(used));
      used = BudgetUsed(train_, state_.step, state_.seconds);
      TALLY_RETURN_IF_ERROR(AfterStep(result, /*last=*/used >= 1));
    }
    return absl::OkStatus();
  }

  // Evaluates, logs and saves what is due.
  absl::Status AfterStep(const StepResult& result, bool last) {
    const int64_t step = state_.step;
    const bool stop = !last && result.stop;
    std::optional<ValidationMetrics> validation;
    if (validation_ != nullptr && (last || step % train_.eval_every_steps() == 0)) validation = Validate();
    const bool best = validation && NoteIfBest(*validation, &state_);
    if (leads() && (last || validation || step % train_.log_every_steps() == 0)) {
      TALLY_RETURN_IF_ERROR(log_->Write(state_, learning_rate_, result.grad_norm, validation));
    }
    if (last || stop || best || checkpoints_->SaveIsDue(state_)) {
      TALLY_RETURN_IF_ERROR(checkpoints_->Save(&state_));
    }
    if (!stop) return absl::OkStatus();
    return StoppedError(absl::StrFormat("stopped after step %d, saved; --resume continues", step));
  }

  // Of the model that a checkpoint would hold.
  ValidationMetrics Validate() {
    std::optional<Ema::Averages> averages;
    if (ema_ != nullptr) averages.emplace(ema_.get());
    return validation_->Run();
  }

  // The batch of the next step. Where a stream gives none, what this process has learned is saved first.
  absl::StatusOr<Batch> NextBatch(int64_t problems) {
    absl::StatusOr<Batch> batch = source_->Take(state_.problems, problems);
    if (batch.ok()) {
      TALLY_RETURN_IF_ERROR(CheckLengths());  // a stream shows its longest lines as they come
      return batch;
    }
    if (state_.step == first_step_) return batch;
    TALLY_RETURN_IF_ERROR(checkpoints_->Save(&state_));
    return absl::Status(batch.status().code(), absl::StrCat(batch.status().message(), "; saved after step ",
                                                            state_.step, ", --resume continues"));
  }

  // The next step, when `used` of the budget is gone.
  absl::StatusOr<StepResult> Step(double used) {
    const double factor = LearningRateFactor(train_.schedule(), state_.step, used);
    learning_rate_ = factor * train_.optimizer().learning_rate();
    TALLY_ASSIGN_OR_RETURN(Batch batch, NextBatch(BatchSize(train_, used)));
    const StepDraws draws = {train_.seed(), state_.step, static_cast<uint64_t>(state_.problems)};
    TALLY_ASSIGN_OR_RETURN(const StepResult result, step_->Run(batch, draws, factor));
    if (!result.finite) {
      // Where that ends the run nothing is saved, so that the checkpoints are from before.
      const NonfiniteStep left_out = {result.loss, result.grad_norm, learning_rate_};
      TALLY_RETURN_IF_ERROR(LeaveOutStep(left_out, batch, train_.skip_nonfinite(), leads(), &state_));
    }
    state_.step += 1;
    state_.problems += batch.sequences;
    state_.seconds = absl::ToDoubleSeconds(absl::Now() - start_);
    // A budget in minutes follows the clock of rank 0.
    if (train_.minutes() > 0) TALLY_RETURN_IF_ERROR(AgreeOnTime(group_, &state_.seconds));
    if (result.finite) {
      if (ema_ != nullptr) ema_->Update();
      state_.skipped_in_a_row = 0;
      log_->Add(result.loss, result.counts);
    }
    return result;
  }

  bool leads() const { return Leads(group_); }

  const TrainOptions& options_;
  RunConfig config_;
  const TrainConfig& train_;  // of config_
  const at::Device device_;
  const Precision precision_;
  ProcessGroup* const group_;
  std::unique_ptr<BatchSource> source_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Ema> ema_;  // null: the weights are not averaged
  std::unique_ptr<TrainStep> step_;
  std::unique_ptr<Validation> validation_;  // null: never
  std::unique_ptr<CheckpointManager> checkpoints_;
  std::unique_ptr<TrainingLog> log_;
  TrainerState state_;
  absl::Time start_;        // of the run, as if it had never paused
  int64_t first_step_ = 0;  // of this process
  double learning_rate_ = 0;
};

}  // namespace

absl::Status Train(const TrainOptions& options) {
  TALLY_RETURN_IF_ERROR(ValidateTrainConfig(options.config.train()));
  TALLY_RETURN_IF_ERROR(ValidateModelConfig(options.config.model()));
  if (options.config.train().loss().progressive_alpha() > 0 && options.config.model().recurrences_per_digit() > 0) {
    return UsageError(
        "train.loss.progressive_alpha draws one number of passes a step; expected "
        "model.recurrences_per_digit: 0");
  }
  CatchStopSignals();
  KeepFreedMemory();
  const SerialTorch serial;  // outside of a step's threads too: bytes depend on train.threads alone
  TALLY_ASSIGN_OR_RETURN(const Ranks ranks, ReadRanks());
  TALLY_ASSIGN_OR_RETURN(const at::Device device, ChooseDevice(options.device, ranks.local_rank));
  TALLY_ASSIGN_OR_RETURN(const Precision precision,
                         ParsePrecision(TrainConfig::Precision_Name(options.config.train().precision())));
  TALLY_RETURN_IF_ERROR(SetUpPrecision(precision, device));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<ProcessGroup> group,
                         JoinRanks(options.config, options.dist_backend, ranks, device));
  const absl::Status status = Trainer(options, device, precision, group.get()).Run();
  // All ranks stop, or find that training has diverged, together.
  const bool together = ExitCodeOf(status) == kExitStopped || ExitCodeOf(status) == kExitCheckFailed;
  if (group != nullptr) group->Leave(together ? absl::OkStatus() : status);
  return status;
}

}  // namespace tally

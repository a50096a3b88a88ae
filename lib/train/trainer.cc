// How a run continues so that it ends in the same bytes as one that never stopped (contract 3 of docs/architecture.md):
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
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/os/steady_clock.h"
#include "lib/base/process.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/batches/batch.h"
#include "lib/checkpoint/initial_weights.h"
#include "lib/distributed/process_group.h"
#include "lib/distributed/ranks.h"
#include "lib/model/precision.h"
#include "lib/model/torch_runtime.h"
#include "lib/optim/ema.h"
#include "lib/optim/schedule.h"
#include "lib/runs/checkpoint_manager.h"
#include "lib/runs/device_meter.h"
#include "lib/runs/machine.h"
#include "lib/runs/run_folder.h"
#include "lib/runs/training_log.h"
#include "lib/train/batch_size.h"
#include "lib/train/data_parallel.h"
#include "lib/train/device_step.h"
#include "lib/train/learner.h"
#include "lib/train/rank_agreement.h"
#include "lib/train/resolve_config.h"
#include "lib/train/skipped_step.h"
#include "lib/train/train_step.h"
#include "lib/train/validation.h"

namespace tally {
namespace {

// Writes RUN/initial_weights.txt. BadInput where it is there and says something else: a run that was stopped before its
// first checkpoint would begin anew with other weights.
absl::Status NoteInitialWeights(const InitialWeights& weights, const std::string& run) {
  const std::string path = run + "/initial_weights.txt", text = weights.Text();
  LogLine(absl::StrCat("begins with ", weights.Summary()));
  TALLY_ASSIGN_OR_RETURN(const bool exists, CheckExists(path));
  if (!exists) return WriteFile(path, text);
  TALLY_ASSIGN_OR_RETURN(const std::string before, ReadFile(path));
  if (before == text) return absl::OkStatus();
  return BadInputError(absl::StrCat(weights.file, ": the weights have changed since the run in ", run,
                                    " began; expected those of ", path));
}

class Trainer {
 public:
  // `group` is null where the process is alone.
  Trainer(const TrainOptions& options, Learner learner, ProcessGroup* group)
      : options_(options), learner_(std::move(learner)), group_(group) {}

  absl::Status Run() {
    TALLY_RETURN_IF_ERROR(OpenRun());
    TALLY_RETURN_IF_ERROR(Begin());
    return Loop();
  }

 private:
  // Starts or continues the run. Rank 0, which writes the folder, opens it; the others wait for that, then read.
  absl::Status OpenRun() {
    if (leads()) TALLY_RETURN_IF_ERROR(OpenFolder());
    TALLY_RETURN_IF_ERROR(AgreeOnOptions(group_, options_.config, options_.flags.resume()));
    if (!leads()) TALLY_RETURN_IF_ERROR(ReadFolder());
    CountForStop();
    if (group_ == nullptr) return absl::OkStatus();
    TALLY_ASSIGN_OR_RETURN(const std::string data, learner_.source->Fingerprint(state_.Place()));
    return AgreeOnStart(group_, state_.step, data);
  }

  absl::Status OpenFolder() {
    TALLY_RETURN_IF_ERROR(CheckMayTrainIn(options_.flags.out(), options_.flags.resume()));
    TALLY_ASSIGN_OR_RETURN(const bool exists, RunExists(options_.flags.out()));
    TALLY_ASSIGN_OR_RETURN(const RunConfig config, exists ? FittedBefore(options_) : FitToMemory(options_, learner_));
    SetConfig(config);
    TALLY_RETURN_IF_ERROR(checkpoints_->Open(&state_));
    if (learner_.initial) TALLY_RETURN_IF_ERROR(NoteInitialWeights(*learner_.initial, options_.flags.out()));
    return LogOverrides(options_.flags.out(), state_.step, options_.overrides);
  }

  // What rank 0 has opened.
  absl::Status ReadFolder() {
    TALLY_ASSIGN_OR_RETURN(const RunConfig written, ReadRunConfig(options_.flags.out()));
    RunConfig config = options_.config;
    config.mutable_train()->set_microbatch_size(written.train().microbatch_size());  // FitToMemory's
    SetConfig(config);
    return options_.flags.resume() ? checkpoints_->Restore(&state_) : absl::OkStatus();
  }

  // Validations that reached another share than the one that ends the run now say nothing of that.
  void CountForStop() {
    const bool other = state_.stop_at_exact >= 0 && state_.stop_at_exact != train().stop_at_exact();
    if (other) state_.exact_in_a_row = 0;
    state_.stop_at_exact = train().stop_at_exact();
  }

  // Called once. From here on the configuration does not change.
  void SetConfig(const RunConfig& config) {
    config_ = std::make_unique<const RunConfig>(config);
    const RunParts parts = {learner_.source.get(), learner_.model.get(), learner_.optimizer.get(), learner_.ema.get()};
    const TrainFlags& flags = options_.flags;
    const RunAccess access = {leads(), flags.resume(), flags.accept_edits(), flags.change_data()};
    checkpoints_ = std::make_unique<CheckpointManager>(options_.flags.out(), config, parts, access);
  }

  absl::Status Begin() {
    if (QueuesSteps()) {
      const bool graphs = options_.flags.cuda_graphs() == "auto";
      device_step_ = std::make_unique<DeviceStep>(&train(), learner_.model.get(), learner_.optimizer.get(),
                                                  learner_.ema.get(), group_, graphs);
    } else {
      step_ = std::make_unique<TrainStep>(&train(), learner_.model.get(), learner_.optimizer.get(), learner_.threads,
                                          group_, &state_, learner_.teacher.get());
    }
    const at::Device device = learner_.model->device();
    auto meter = device.is_cuda() ? DeviceMeter::Open(device.has_index() ? device.index() : 0) : nullptr;
    if (leads()) TALLY_RETURN_IF_ERROR(NoteMachine(options_.flags.out(), state_.step, ThisMachine(), Use(meter.get())));
    TALLY_ASSIGN_OR_RETURN(log_, OpenLog(options_.flags.out(), state_.step, &train(), leads(),
                                         learner_.source->facts().examples, std::move(meter)));
    if (leads()) {
      LogLine(absl::StrFormat("%d parameters, %s, %d ranks, %d threads", learner_.model->parameters().count(),
                              learner_.source->facts().description, ranks(), learner_.threads));
    }
    start_ = SteadyNow() - absl::Seconds(state_.seconds);
    first_step_ = state_.step;
    return absl::OkStatus();
  }

  // `meter` is null on a CPU, and where the driver tells nothing.
  MachineUse Use(const DeviceMeter* meter) const {
    MachineUse use = {learner_.threads, ranks(), learner_.model->device().str(), "", 0};
    if (meter == nullptr) return use;
    use.device_name = meter->Name();
    if (const auto memory = meter->MemoryMegabytes()) use.device_memory_mb = memory->total;
    return use;
  }

  // Whether a device takes steps that the host does not wait for.
  bool QueuesSteps() const {
    return learner_.model->device().is_cuda() && learner_.threads == 1 &&
           DeviceStep::Serves(train(), *learner_.optimizer);
  }

  absl::Status Loop() {
    double used = BudgetUsed(train(), state_.step, state_.seconds);
    if (used >= 1 && leads()) LogLine("the budget is used up; a larger one (--steps, --minutes) extends the run");
    while (used < 1 && !IsExactEnough()) {
      TALLY_RETURN_IF_ERROR(Step(used));
      used = BudgetUsed(train(), state_.step, state_.seconds);
      TALLY_RETURN_IF_ERROR(AfterStep(/*last=*/used >= 1));
    }
    if (IsExactEnough() && leads()) {
      LogLine(
          absl::StrFormat("the last %d validations reached train.stop_at_exact, %g: nothing is left to do after step "
                          "%d; a larger share continues",
                          state_.exact_in_a_row, train().stop_at_exact(), state_.step));
    }
    if (leads()) LogLine(absl::StrCat("peak memory ", PeakMemory(learner_.model->device())));
    return absl::OkStatus();
  }

  // Whether validations end the run, whatever is left of its budget.
  bool IsExactEnough() const {
    return train().stop_at_exact() > 0 && state_.exact_in_a_row >= train().stop_evaluations();
  }

  // Counts a validation that is exact enough; null for ranks that do not validate, and follow.
  absl::Status NoteExact(const ValidationMetrics* validation) {
    if (train().stop_at_exact() == 0) return absl::OkStatus();
    double in_a_row = 0;
    if (validation != nullptr && validation->exact >= train().stop_at_exact()) {
      in_a_row = static_cast<double>(state_.exact_in_a_row + 1);
    }
    TALLY_RETURN_IF_ERROR(FollowLeader(group_, &in_a_row));
    state_.exact_in_a_row = static_cast<int64_t>(in_a_row);
    return absl::OkStatus();
  }

  // Evaluates, logs and saves what is due, all steps being finished then.
  absl::Status AfterStep(bool last) {
    const int64_t step = state_.step;
    const bool stop = !last && result_.stop;
    const bool validates = train().eval_every_steps() > 0 && (last || step % train().eval_every_steps() == 0);
    const bool logs = last || step % LogInterval(step, train().log_every_steps()) == 0;
    const bool saves = last || stop || checkpoints_->SaveIsDue(state_);
    if (validates || logs || saves) TALLY_RETURN_IF_ERROR(FinishSteps(0));
    std::optional<ValidationMetrics> validation;
    if (learner_.validation != nullptr && validates) validation = Validate();
    if (validates) TALLY_RETURN_IF_ERROR(NoteExact(validation ? &*validation : nullptr));
    if ((last || IsExactEnough()) && validation) {
      LogLine(absl::StrCat("validation exact ", ExactText(*validation), "; ", ExamplesText(*validation)));
    }
    const bool best = validation && NoteIfBest(*validation, &state_);
    if (leads() && (logs || validation)) {
      TALLY_RETURN_IF_ERROR(log_->Write(state_, learning_rate_, result_.grad_norm, validation));
    }
    if (saves || best || IsExactEnough()) TALLY_RETURN_IF_ERROR(Save());
    if (!stop) return absl::OkStatus();
    return StoppedError(absl::StrFormat("stopped after step %d, saved; --resume continues", step));
  }

  // A checkpoint, after the metrics of its steps, which a run that continues from it does not write again.
  absl::Status Save() {
    TALLY_RETURN_IF_ERROR(log_->Sync());
    return checkpoints_->Save(&state_);
  }

  // Of the model that a checkpoint would hold.
  ValidationMetrics Validate() {
    std::optional<Ema::Averages> averages;
    if (learner_.ema != nullptr) averages.emplace(learner_.ema.get());
    return learner_.validation->Run();
  }

  // The batch of the next step. Where a stream gives none, what this process has learned is saved first.
  absl::StatusOr<Batch> NextBatch(int64_t problems) {
    absl::StatusOr<Batch> batch = learner_.source->Take(state_.Place(), problems);
    absl::Status status = batch.status();
    if (status.ok()) status = CheckLengths(learner_.source->facts(), *learner_.model);  // of lines as they come
    if (status.ok()) return batch;
    if (state_.step == first_step_) return status;
    TALLY_RETURN_IF_ERROR(FinishSteps(0));
    TALLY_RETURN_IF_ERROR(Save());
    return absl::Status(status.code(),
                        absl::StrCat(status.message(), "; saved after step ", state_.step, ", --resume continues"));
  }

  // Takes the next step, once a share `used` of the budget is spent, or queues it, and then takes note of those whose
  // outcome is known.
  absl::Status Step(double used) {
    const double factor = LearningRateFactor(train().schedule(), state_.step, used);
    learning_rate_ = factor * train().optimizer().learning_rate();
    TALLY_ASSIGN_OR_RETURN(Batch batch, NextBatch(BatchSize(train(), used)));
    const StepSeed draws = {train().seed(), state_.step, static_cast<uint64_t>(state_.problems)};
    state_.step += 1;
    state_.problems += batch.sequences;
    if (device_step_ != nullptr) {
      TALLY_RETURN_IF_ERROR(device_step_->Queue(std::move(batch), draws, factor, SecondsNow()));
      TALLY_RETURN_IF_ERROR(FinishSteps(DeviceStep::kPending));
    } else {
      TALLY_ASSIGN_OR_RETURN(const StepResult result, step_->Run(batch, draws, factor));
      if (result.finite && learner_.ema != nullptr) learner_.ema->Update();
      TALLY_RETURN_IF_ERROR(Account({std::move(batch), draws, factor, SecondsNow(), result}));
    }
    return ReadClock();
  }

  double SecondsNow() const { return absl::ToDoubleSeconds(SteadyNow() - start_); }

  // Whether ranks learn rank 0's clock from the steps that come out of their queues.
  bool StepsTellTime() const { return device_step_ != nullptr && group_ != nullptr; }

  // A budget in minutes follows the clock of rank 0.
  absl::Status ReadClock() {
    if (StepsTellTime()) return absl::OkStatus();
    state_.seconds = SecondsNow();
    return train().minutes() > 0 ? FollowLeader(group_, &state_.seconds) : absl::OkStatus();
  }

  // Waits for queued steps until at most `pending` are left.
  absl::Status FinishSteps(size_t pending) {
    if (device_step_ == nullptr) return absl::OkStatus();
    while (const std::optional<FinishedStep> finished = device_step_->Finish(pending)) {
      TALLY_RETURN_IF_ERROR(Account(*finished));
    }
    return absl::OkStatus();
  }

  // Takes note of a step whose outcome is known.
  absl::Status Account(const FinishedStep& step) {
    result_ = step.result;
    if (StepsTellTime()) state_.seconds = step.seconds;
    if (result_.finite) {
      state_.skipped_in_a_row = 0;
      log_->Add(result_.loss, result_.counts, result_.state_loss);
      return absl::OkStatus();
    }
    // Where that ends the run nothing is saved, so that the checkpoints are from before.
    const SkippedStep skipped = {
        result_.loss,        result_.grad_norm,   step.factor * train().optimizer().learning_rate(),
        result_.second_pass, step.draws.step + 1, static_cast<int64_t>(step.draws.first_sample)};
    return SkipStep(skipped, step.batch, train().skip_nonfinite(), leads(), &state_);
  }

  bool leads() const { return Leads(group_); }
  int ranks() const { return group_ == nullptr ? 1 : group_->size(); }
  const TrainConfig& train() const { return config_->train(); }

  const TrainOptions& options_;
  const Learner learner_;
  ProcessGroup* const group_;
  std::unique_ptr<const RunConfig> config_;
  std::unique_ptr<CheckpointManager> checkpoints_;
  std::unique_ptr<TrainStep> step_;          // one of
  std::unique_ptr<DeviceStep> device_step_;  // these
  StepResult result_;                        // of the last step whose outcome is known
  std::unique_ptr<TrainingLog> log_;
  TrainerState state_;
  absl::Time start_;        // of the run by SteadyNow, as if it had never paused
  int64_t first_step_ = 0;  // of this process
  double learning_rate_ = 0;
};

absl::Status CheckFlags(const TrainOptions& options) {
  const TrainFlags& flags = options.flags;
  if (flags.cuda_graphs() != "auto" && flags.cuda_graphs() != "off") {
    return UsageError(absl::StrCat("--cuda_graphs=", flags.cuda_graphs(), "; expected auto or off"));
  }
  if (!flags.change_data()) return absl::OkStatus();
  if (!flags.resume()) return UsageError("--change_data is for a run that continues; expected --resume too");
  // It cannot be told from its beginning whether a stream is the one that the run has used a part of.
  if (!ReadsStream(options.config)) return absl::OkStatus();
  return UsageError("--change_data: found a token stream; expected token data sets");
}

// Trains as one of `ranks`; a null `group` is a process alone.
absl::Status TrainAsRank(const TrainOptions& options, at::Device device, Precision precision, ProcessGroup* group) {
  TALLY_ASSIGN_OR_RETURN(Learner learner, MakeLearner(options, device, precision, Leads(group)));
  return Trainer(options, std::move(learner), group).Run();
}

// Puts what AUTO stands for on `device` into the configuration, which a run keeps.
absl::StatusOr<Precision> SettlePrecision(at::Device device, TrainConfig* config) {
  if (config->precision() == TrainConfig::AUTO) {
    config->set_precision(AutomaticPrecision(device) == Precision::kBf16 ? TrainConfig::BF16 : TrainConfig::F32);
  }
  TALLY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(TrainConfig::Precision_Name(config->precision())));
  TALLY_RETURN_IF_ERROR(SetUpPrecision(precision, device));
  return precision;
}

}  // namespace

absl::Status Train(TrainOptions options) {
  TALLY_RETURN_IF_ERROR(CheckConfig(options.config));
  TALLY_RETURN_IF_ERROR(CheckFlags(options));
  CatchStopSignals();
  KeepFreedMemory();
  const SerialTorch serial;  // outside of a step's threads too: bytes depend on train.threads alone
  TALLY_ASSIGN_OR_RETURN(const Ranks ranks, ReadRanks());
  TALLY_ASSIGN_OR_RETURN(const at::Device device, ChooseDevice(options.flags.device(), ranks.local_rank));
  TALLY_ASSIGN_OR_RETURN(const Precision precision, SettlePrecision(device, options.config.mutable_train()));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<ProcessGroup> group,
                         JoinRanks(options.config, options.flags.dist_backend(), ranks, device));
  const absl::Status status = TrainAsRank(options, device, precision, group.get());
  // All ranks stop, or find that training has diverged, together.
  const bool together = ExitCodeOf(status) == kExitStopped || ExitCodeOf(status) == kExitCheckFailed;
  if (group != nullptr) group->Leave(together ? absl::OkStatus() : status);
  return status;
}

}  // namespace tally

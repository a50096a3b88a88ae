// How a run continues so that it ends in the same bytes as one that never stopped (DESIGN contract 3):
//
//   1. All that changes from step to step is: parameters, the optimizer's memory, averages of the weights,
//      TrainerState. SaveRun writes them together; a killed process leaves the last whole checkpoint.
//   2. Batches, offsets and initial states are pure functions of (seed, TrainerState).
//   3. Continuing reads them back and goes on with the next step.
// With a budget in minutes the schedule follows the clock, so only budgets in steps give equal bytes.
#include "lib/train/trainer.h"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/base/config.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/resident_memory.h"
#include "lib/base/status_macros.h"
#include "lib/base/stop_signal.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/distributed/process_group.h"
#include "lib/distributed/ranks.h"
#include "lib/model/precision.h"
#include "lib/model/threads.h"
#include "lib/model/validate.h"
#include "lib/train/batch.h"
#include "lib/train/ema.h"
#include "lib/train/event_file.h"
#include "lib/train/microbatch_fit.h"
#include "lib/train/open_batches.h"
#include "lib/train/optimizer.h"
#include "lib/train/run_checkpoints.h"
#include "lib/train/run_folder.h"
#include "lib/train/schedule.h"
#include "lib/train/train_step.h"
#include "lib/train/training_log.h"
#include "lib/train/validation.h"

namespace tally {
namespace {

ModelCard CardOf(const ModelConfig& config, const DataFacts& data) {
  ModelCard card;
  card.config = config;
  card.config.set_vocabulary_size(data.vocabulary.size());
  card.vocabulary = data.vocabulary;
  card.format = data.format;
  card.trained_first = data.first_operand;
  card.trained_second = data.second_operand;
  return card;
}

int64_t MaxOffset(const ModelConfig& config) {
  return std::max(config.positions().max_offset(), config.positions().test_offset());
}

// `sequences` lines of `tokens` tokens, made of the first line of `batch`; the loss reads all of them.
Batch LongBatch(const Batch& batch, int64_t sequences, int64_t tokens) {
  std::vector<uint8_t> line;
  while (static_cast<int64_t>(line.size()) < tokens) {
    line.insert(line.end(), batch.ids.begin(), batch.ids.begin() + batch.length);
    line.push_back(kEndId);
  }
  line.resize(tokens);
  BatchRow row;
  row.ids = line;
  return MakeBatch(std::vector<BatchRow>(sequences, row), /*answer_only=*/false);
}

// This process's place among the ranks, null where it is alone.
absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinRanks(const TrainOptions& options, const Ranks& ranks,
                                                        at::Device device) {
  if (ranks.size == 1) return std::unique_ptr<ProcessGroup>();
  if (options.config.data_size() == 1 && options.config.data(0) == "-") {
    return UsageError("--data=- feeds one process; expected a file that all ranks can read");
  }
  ProcessGroupOptions group;
  group.ranks = ranks;
  group.backend = options.dist_backend;
  group.device = device;
  group.timeout = absl::Seconds(options.config.train().distributed_timeout_seconds());
  return ProcessGroup::Connect(group);
}

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
    card_ = CardOf(config_.model(), data);
    TALLY_ASSIGN_OR_RETURN(model_, Model::Create(card_.config, train_.seed()));
    model_->Place(device_, precision_);
    TALLY_RETURN_IF_ERROR(CheckLengths());
    optimizer_ = std::make_unique<Optimizer>(train_.optimizer(), model_->parameters(), train_.seed());
    if (train_.ema_decay() > 0) ema_ = std::make_unique<Ema>(train_.ema_decay(), model_->parameters());
    // A device works on the whole batch at once.
    const int threads = device_.is_cuda() && train_.threads() == 0 ? 1 : ThreadCount(train_.threads());
    step_ = std::make_unique<TrainStep>(&train_, model_.get(), optimizer_.get(), threads, group_);
    if (leads() && train_.eval_every_steps() > 0) {
      TALLY_ASSIGN_OR_RETURN(validation_, Validation::Open(train_.validation_data(), model_.get(), card_.vocabulary,
                                                           train_.seed(), threads));
    }
    if (leads()) TALLY_RETURN_IF_ERROR(OpenRun());
    if (group_ != nullptr) TALLY_RETURN_IF_ERROR(AgreeOnRun());
    TALLY_RETURN_IF_ERROR(OpenLog());
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
    return model_->CheckLength(data.longest_number, data.longest_row, MaxOffset(card_.config));
  }

  // Starts the run's folder, or reads its last checkpoint.
  absl::Status OpenRun() {
    const bool exists = RunExists(options_.out);
    if (exists && !options_.resume) {
      return CannotCreateError(absl::StrCat(options_.out, ": holds a run already; --resume continues it"));
    }
    if (exists) {
      TALLY_ASSIGN_OR_RETURN(const RunConfig started, ReadRunConfig(options_.out));
      TALLY_RETURN_IF_ERROR(CheckSameRun(started, config_));
    } else {
      TALLY_RETURN_IF_ERROR(FitMemory());
    }
    TALLY_ASSIGN_OR_RETURN(lock_, RunLock::Take(options_.out));
    TALLY_RETURN_IF_ERROR(RemoveUnfinished(options_.out));
    TALLY_RETURN_IF_ERROR(WriteRunConfig(options_.out, config_));
    return exists ? Restore() : absl::OkStatus();
  }

  // Reads the last checkpoint, if there is one.
  absl::Status Restore() {
    const absl::StatusOr<std::string> folder = FindCheckpoint(options_.out);
    if (absl::IsNotFound(folder.status())) return absl::OkStatus();  // stopped before its first checkpoint
    if (!folder.ok()) return folder.status();
    TALLY_ASSIGN_OR_RETURN(state_, RestoreRun(*folder, model_.get(), optimizer_.get(), ema_.get()));
    saved_step_ = state_.step;
    if (leads()) {
      LogLine(absl::StrFormat("continuing %s from step %d", options_.out, state_.step));
      // A process that was killed after saving may not have come to the link.
      if (state_.best_step > 0) TALLY_RETURN_IF_ERROR(LinkBestCheckpoint(options_.out, state_.best_step));
    }
    return CheckSameData();
  }

  // Makes microbatches as small as train.max_memory_mb asks. The configuration records their size, so that a run that
  // continues, perhaps on another machine, computes the same.
  absl::Status FitMemory() {
    if (train_.max_memory_mb() == 0) return absl::OkStatus();
    const int64_t longest = source_->facts().longest_row;
    if (longest == 0) {
      return UsageError(
          "train.max_memory_mb needs data sets, whose longest line is known; expected "
          "train.microbatch_size for a stream");
    }
    TALLY_ASSIGN_OR_RETURN(const Batch batch, source_->Take(0, 1));
    const int64_t batch_size = train_.batch_size();
    const int64_t asked = train_.microbatch_size() > 0 ? std::min(train_.microbatch_size(), batch_size) : batch_size;
    const auto probe = [&](int64_t sequences) {
      Batch longest_lines = LongBatch(batch, sequences, longest);
      step_->Probe(longest_lines);
      return ResidentMegabytes().peak;
    };
    TALLY_ASSIGN_OR_RETURN(const int64_t size, FitMicrobatch(asked, train_.max_memory_mb(), probe));
    if (size == asked) return absl::OkStatus();
    config_.mutable_train()->set_microbatch_size(size);
    LogLine(absl::StrFormat("train.max_memory_mb is %d: batches of %d problems are computed %d at a time",
                            train_.max_memory_mb(), batch_size, size));
    return absl::OkStatus();
  }

  absl::Status CheckSameData() {
    TALLY_ASSIGN_OR_RETURN(const std::string data, source_->Fingerprint(state_.problems));
    if (data == state_.data) return absl::OkStatus();
    return BadInputError(absl::StrCat("found other training data, ", data, ", expected the run's own, ", state_.data));
  }

  // Rank 0, which writes the folder, comes here when it has opened the run; the others wait for it, then read.
  absl::Status AgreeOnRun() {
    TALLY_RETURN_IF_ERROR(group_->CheckSame("configuration", PrintConfig(options_.config)));
    TALLY_RETURN_IF_ERROR(group_->CheckSame("--resume", options_.resume ? "set" : "not set"));
    if (!leads()) {
      TALLY_ASSIGN_OR_RETURN(const RunConfig written, ReadRunConfig(options_.out));
      config_.mutable_train()->set_microbatch_size(written.train().microbatch_size());  // FitMemory's
      if (options_.resume) TALLY_RETURN_IF_ERROR(Restore());
    }
    TALLY_RETURN_IF_ERROR(group_->CheckSame("first step", absl::StrCat(state_.step)));
    TALLY_ASSIGN_OR_RETURN(const std::string data, source_->Fingerprint(state_.problems));
    return group_->CheckSame("data", data);
  }

  // A budget in minutes follows the clock of rank 0.
  absl::Status AgreeOnTime() {
    if (group_ == nullptr || train_.minutes() == 0) return absl::OkStatus();
    double seconds = leads() ? state_.seconds : 0;
    TALLY_RETURN_IF_ERROR(group_->Sum(at::from_blob(&seconds, {1}, at::kDouble)));
    state_.seconds = seconds;
    return absl::OkStatus();
  }

  absl::Status OpenLog() {
    std::vector<std::unique_ptr<MetricsSink>> sinks;
    if (!leads()) {
      log_ = std::make_unique<TrainingLog>(&train_, std::move(sinks));
      return absl::OkStatus();
    }
    TALLY_ASSIGN_OR_RETURN(auto file, MetricsFile::Open(options_.out, state_.step));
    sinks.push_back(std::move(file));
    if (train_.tensorboard()) {
      TALLY_ASSIGN_OR_RETURN(auto events, EventFile::Open(options_.out, state_.step, absl::Now()));
      sinks.push_back(std::move(events));
    }
    log_ = std::make_unique<TrainingLog>(&train_, std::move(sinks));
    return absl::OkStatus();
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
    const bool best = validation && NoteIfBest(*validation);
    if (leads() && (last || validation || step % train_.log_every_steps() == 0)) {
      TALLY_RETURN_IF_ERROR(log_->Write(state_, learning_rate_, result.grad_norm, validation));
    }
    if (last || stop || best || SaveIsDue()) TALLY_RETURN_IF_ERROR(Save());
    if (!stop) return absl::OkStatus();
    return StoppedError(absl::StrFormat("stopped after step %d, saved; --resume continues", step));
  }

  // Of the model that a checkpoint would hold.
  ValidationMetrics Validate() {
    std::optional<Ema::Averages> averages;
    if (ema_ != nullptr) averages.emplace(ema_.get());
    return validation_->Run();
  }

  // More exact answers than ever, or as many with a smaller loss.
  bool NoteIfBest(const ValidationMetrics& now) {
    const bool best = state_.best_step == 0 || now.exact > state_.best_exact ||
                      (now.exact == state_.best_exact && now.loss < state_.best_loss);
    if (!best) return false;
    state_.best_step = state_.step;
    state_.best_exact = now.exact;
    state_.best_loss = now.loss;
    return true;
  }

  bool SaveIsDue() const {
    if (train_.save_every_steps() > 0 && state_.step % train_.save_every_steps() == 0) return true;
    return train_.save_every_minutes() > 0 && absl::Now() - last_save_ >= absl::Minutes(train_.save_every_minutes());
  }

  // The batch of the next step. Where a stream gives none, what this process has learned is saved first.
  absl::StatusOr<Batch> NextBatch(int64_t problems) {
    absl::StatusOr<Batch> batch = source_->Take(state_.problems, problems);
    if (batch.ok()) {
      TALLY_RETURN_IF_ERROR(CheckLengths());  // a stream shows its longest lines as they come
      return batch;
    }
    if (state_.step == first_step_) return batch;
    TALLY_RETURN_IF_ERROR(Save());
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
    if (!result.finite) TALLY_RETURN_IF_ERROR(LeaveOut(batch, result));
    state_.step += 1;
    state_.problems += batch.sequences;
    state_.seconds = absl::ToDoubleSeconds(absl::Now() - start_);
    TALLY_RETURN_IF_ERROR(AgreeOnTime());
    if (result.finite) {
      if (ema_ != nullptr) ema_->Update();
      state_.skipped_in_a_row = 0;
      log_->Add(result.loss, result.counts);
    }
    return result;
  }

  // Takes note of a step whose loss or gradient is no finite number. CheckFailed where it ends the run; nothing is
  // saved then, so that the checkpoints are from before.
  absl::Status LeaveOut(const Batch& batch, const StepResult& result) {
    state_.skipped += 1;
    state_.skipped_in_a_row += 1;
    const std::string what = std::isfinite(result.loss)
                                 ? absl::StrFormat("the gradient's norm is %g", std::abs(result.grad_norm))
                                 : absl::StrFormat("the loss is %g", std::abs(result.loss));
    const size_t shown = std::min<size_t>(batch.samples.size(), 8);
    const std::string where =
        absl::StrFormat("step %d, learning rate %g, problems %d to %d of the run: rows %s%s of the data",
                        state_.step + 1, learning_rate_, state_.problems, state_.problems + batch.sequences - 1,
                        absl::StrJoin(absl::MakeSpan(batch.samples).subspan(0, shown), ", "),
                        shown < batch.samples.size() ? ", ..." : "");
    if (state_.skipped_in_a_row > train_.skip_nonfinite()) {
      return CheckFailedError(
          absl::StrCat("training has diverged: ", what, " at ", where, "; nothing was saved since"));
    }
    if (leads()) LogLine(absl::StrCat(what, " at ", where, "; left out"));
    return absl::OkStatus();
  }

  // Rank 0 or alone: logs, evaluates and writes.
  bool leads() const { return group_ == nullptr || group_->rank() == 0; }

  absl::Status Save() {
    if (!leads() || saved_step_ == state_.step) return absl::OkStatus();
    TALLY_ASSIGN_OR_RETURN(state_.data, source_->Fingerprint(state_.problems));
    card_.trained_first = source_->facts().first_operand;
    card_.trained_second = source_->facts().second_operand;
    TALLY_RETURN_IF_ERROR(SaveRun(options_.out, card_, state_, *model_, optimizer_.get(), ema_.get()));
    if (state_.best_step == state_.step) TALLY_RETURN_IF_ERROR(LinkBestCheckpoint(options_.out, state_.step));
    saved_step_ = state_.step;
    last_save_ = absl::Now();
    return RemoveOldCheckpoints(options_.out, {train_.keep_last(), train_.keep_every_steps(), state_.best_step});
  }

  const TrainOptions& options_;
  RunConfig config_;
  const TrainConfig& train_;  // of config_
  const at::Device device_;
  const Precision precision_;
  ProcessGroup* const group_;
  std::unique_ptr<BatchSource> source_;
  ModelCard card_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Ema> ema_;  // null: the weights are not averaged
  std::unique_ptr<TrainStep> step_;
  std::unique_ptr<Validation> validation_;  // null: never
  std::unique_ptr<RunLock> lock_;
  std::unique_ptr<TrainingLog> log_;
  TrainerState state_;
  absl::Time start_;        // of the run, as if it had never paused
  int64_t first_step_ = 0;  // of this process
  int64_t saved_step_ = -1;
  absl::Time last_save_ = absl::Now();
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
  TALLY_ASSIGN_OR_RETURN(const Ranks ranks, ReadRanks());
  TALLY_ASSIGN_OR_RETURN(const at::Device device, ChooseDevice(options.device, ranks.local_rank));
  TALLY_ASSIGN_OR_RETURN(const Precision precision,
                         ParsePrecision(TrainConfig::Precision_Name(options.config.train().precision())));
  TALLY_RETURN_IF_ERROR(SetUpPrecision(precision, device));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<ProcessGroup> group, JoinRanks(options, ranks, device));
  const absl::Status status = Trainer(options, device, precision, group.get()).Run();
  // All ranks stop, or find that training has diverged, together.
  const bool together = ExitCodeOf(status) == kExitStopped || ExitCodeOf(status) == kExitCheckFailed;
  if (group != nullptr) group->Leave(together ? absl::OkStatus() : status);
  return status;
}

}  // namespace tally

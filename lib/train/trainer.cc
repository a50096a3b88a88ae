// How a run continues so that it ends in the same bytes as one that never stopped (DESIGN contract 3):
//
//   1. All that changes from step to step is: parameters, the optimizer's memory, TrainerState. SaveRun writes the
//   three
//      together; a killed process leaves the last whole checkpoint.
//   2. Batches, offsets and initial states are pure functions of (seed, TrainerState).
//   3. Continuing reads the three back and goes on with the next step.
// With a budget in minutes the schedule follows the clock, so only budgets in steps give equal bytes.
#include "lib/train/trainer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/stop_signal.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/threads.h"
#include "lib/model/validate.h"
#include "lib/train/batch.h"
#include "lib/train/event_file.h"
#include "lib/train/open_batches.h"
#include "lib/train/optimizer.h"
#include "lib/train/run_checkpoints.h"
#include "lib/train/run_folder.h"
#include "lib/train/schedule.h"
#include "lib/train/train_step.h"
#include "lib/train/training_log.h"

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

class Trainer {
 public:
  explicit Trainer(const TrainOptions& options) : options_(options), train_(options.config.train()) {}

  absl::Status Run() {
    TALLY_RETURN_IF_ERROR(Prepare());
    TALLY_RETURN_IF_ERROR(Loop());
    return Save();
  }

 private:
  absl::Status Prepare() {
    TALLY_ASSIGN_OR_RETURN(source_, OpenBatches(options_.config));
    const DataFacts& data = source_->facts();
    card_ = CardOf(options_.config.model(), data);
    TALLY_ASSIGN_OR_RETURN(model_, Model::Create(card_.config, train_.seed()));
    TALLY_RETURN_IF_ERROR(CheckLengths());
    optimizer_ = std::make_unique<Optimizer>(train_.optimizer(), model_->parameters());
    const int threads = ThreadCount(train_.threads());
    step_ = std::make_unique<TrainStep>(&train_, model_.get(), optimizer_.get(), threads);
    TALLY_RETURN_IF_ERROR(OpenRun());
    TALLY_RETURN_IF_ERROR(OpenLog());
    LogLine(absl::StrFormat("%d parameters, %s, %d threads", model_->parameters().count(), data.description, threads));
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
    if (!RunExists(options_.out)) return WriteRunConfig(options_.out, options_.config);
    if (!options_.resume) {
      return CannotCreateError(absl::StrCat(options_.out, ": holds a run already; --resume continues it"));
    }
    TALLY_ASSIGN_OR_RETURN(const RunConfig started, ReadRunConfig(options_.out));
    TALLY_RETURN_IF_ERROR(CheckSameRun(started, options_.config));
    TALLY_RETURN_IF_ERROR(WriteRunConfig(options_.out, options_.config));
    const absl::StatusOr<std::string> folder = FindCheckpoint(options_.out);
    if (!folder.ok()) return absl::OkStatus();  // stopped before its first checkpoint
    TALLY_ASSIGN_OR_RETURN(state_, RestoreRun(*folder, model_.get(), optimizer_.get()));
    LogLine(absl::StrFormat("continuing %s from step %d", options_.out, state_.step));
    return CheckSameData();
  }

  absl::Status CheckSameData() {
    TALLY_ASSIGN_OR_RETURN(const std::string data, source_->Fingerprint(state_.problems));
    if (data == state_.data) return absl::OkStatus();
    return BadInputError(absl::StrCat("found other training data, ", data, ", expected the run's own, ", state_.data));
  }

  absl::Status OpenLog() {
    std::vector<std::unique_ptr<MetricsSink>> sinks;
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
    while (used < 1) {
      TALLY_ASSIGN_OR_RETURN(const StepResult result, Step(used));
      used = BudgetUsed(train_, state_.step, state_.seconds);
      const bool last = used >= 1;
      if (last || state_.step % train_.log_every_steps() == 0) {
        TALLY_RETURN_IF_ERROR(log_->Write(state_, learning_rate_, result.grad_norm));
      }
      if (last) break;
      if (StopRequested()) {
        TALLY_RETURN_IF_ERROR(Save());
        return StoppedError(absl::StrFormat("stopped after step %d, saved; --resume continues", state_.step));
      }
      if (train_.save_every_steps() > 0 && state_.step % train_.save_every_steps() == 0) TALLY_RETURN_IF_ERROR(Save());
    }
    return absl::OkStatus();
  }

  // The batch of the next step. Where a stream gives none, what this process has learned is saved first.
  absl::StatusOr<Batch> NextBatch() {
    absl::StatusOr<Batch> batch = source_->Take(state_.problems, train_.batch_size());
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
    TALLY_ASSIGN_OR_RETURN(Batch batch, NextBatch());
    const StepDraws draws = {train_.seed(), state_.step, static_cast<uint64_t>(state_.problems)};
    const StepResult result = step_->Run(batch, draws, factor);
    if (!result.finite) {
      return absl::InternalError(absl::StrFormat("the loss is %g at step %d, learning rate %g: training has diverged",
                                                 result.loss, state_.step, learning_rate_));
    }
    state_.step += 1;
    state_.problems += batch.sequences;
    state_.seconds = absl::ToDoubleSeconds(absl::Now() - start_);
    log_->Add(result.loss, result.counts);
    return result;
  }

  absl::Status Save() {
    TALLY_ASSIGN_OR_RETURN(state_.data, source_->Fingerprint(state_.problems));
    card_.trained_first = source_->facts().first_operand;
    card_.trained_second = source_->facts().second_operand;
    TALLY_RETURN_IF_ERROR(SaveRun(options_.out, card_, state_, *model_, optimizer_.get()));
    return train_.keep_last() > 0 ? RemoveOldCheckpoints(options_.out, train_.keep_last()) : absl::OkStatus();
  }

  const TrainOptions& options_;
  const TrainConfig& train_;
  std::unique_ptr<BatchSource> source_;
  ModelCard card_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<TrainStep> step_;
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
  return Trainer(options).Run();
}

}  // namespace tally

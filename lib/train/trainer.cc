// How a run continues so that it ends in the same bytes as one that never stopped (DESIGN contract 3):
//
//   1. All that changes from step to step is: parameters, the optimizer's moments, the number of steps, the seconds
//      used. SaveCheckpoint writes the four together; a killed process leaves the last whole checkpoint.
//   2. Batches, offsets and initial states are pure functions of (seed, step).
//   3. Continuing reads the four back and goes on with the next step.
// With a budget in minutes the schedule follows the clock, so only budgets in steps give equal bytes.
#include "lib/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/stop_signal.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/dataset/token_dataset.h"
#include "lib/model/threads.h"
#include "lib/model/validate.h"
#include "lib/train/batches.h"
#include "lib/train/clip_gradients.h"
#include "lib/train/data_parallel.h"
#include "lib/train/optimizer.h"
#include "lib/train/run_folder.h"
#include "lib/train/schedule.h"

namespace tally {
namespace {

// Sums over the steps since the last logged one.
struct Window {
  int64_t steps = 0;
  double loss = 0;
  int64_t tokens = 0, tokens_right = 0, problems = 0, problems_right = 0;
  int64_t positions = 0, padding = 0;
  absl::Time start = absl::Now();
};

// Counts right tokens and problems; predictions follow batch.rows.
void Score(const Batch& batch, const std::vector<int64_t>& predictions, Window* window) {
  std::vector<bool> wrong(batch.sequences);
  for (size_t i = 0; i < batch.labels.size(); ++i) {
    const bool right = predictions[i] == batch.labels[i];
    window->tokens_right += right;
    if (!right) wrong[batch.rows[i] / batch.length] = true;
  }
  window->tokens += static_cast<int64_t>(batch.labels.size());
  window->problems += batch.sequences;
  for (const bool w : wrong) window->problems_right += !w;
  window->positions += batch.sequences * batch.length;
  for (const int64_t id : batch.ids) window->padding += id == kPadId;
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
    TALLY_ASSIGN_OR_RETURN(dataset_, TokenDataset::Open(options_.config.data()));
    DescribeModel();
    TALLY_ASSIGN_OR_RETURN(model_, Model::Create(card_.config, train_.seed()));
    TALLY_RETURN_IF_ERROR(model_->CheckLength(dataset_->longest_number(), dataset_->longest_row(), MaxOffset()));
    TALLY_ASSIGN_OR_RETURN(Batches batches,
                           Batches::Create(dataset_.get(), {train_.batch_size(), train_.pool_batches(), train_.seed(),
                                                            train_.loss().answer_only()}));
    batches_ = std::make_unique<Batches>(std::move(batches));
    threads_ = ThreadCount(train_.threads());
    parallel_ = std::make_unique<DataParallel>(model_.get(), train_.loss(), threads_);
    optimizer_ = std::make_unique<Optimizer>(train_.optimizer(), model_->parameters());
    TALLY_RETURN_IF_ERROR(OpenRun());
    TALLY_ASSIGN_OR_RETURN(metrics_, MetricsFile::Open(options_.out, card_.step));
    start_ = absl::Now();
    return absl::OkStatus();
  }

  void DescribeModel() {
    card_.config = options_.config.model();
    card_.config.set_vocabulary_size(dataset_->vocabulary().size());
    card_.vocabulary = dataset_->vocabulary();
    card_.format = dataset_->format();
    card_.trained_first = dataset_->first_operand();
    card_.trained_second = dataset_->second_operand();
  }

  int64_t MaxOffset() const {
    return std::max(card_.config.positions().max_offset(), card_.config.positions().test_offset());
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
    return Restore(*folder);
  }

  absl::Status Restore(const std::string& folder) {
    TALLY_ASSIGN_OR_RETURN(const auto parameters, SafetensorsFile::Open(folder + "/model.safetensors"));
    TALLY_RETURN_IF_ERROR(LoadParameters(parameters->tensors(), parameters->path(), model_.get()));
    TALLY_ASSIGN_OR_RETURN(const auto trainer, SafetensorsFile::Open(folder + "/trainer.safetensors"));
    const std::map<std::string, std::string>& facts = trainer->metadata();
    const auto fact = [&](const char* key) { return facts.count(key) ? facts.at(key) : std::string(); };
    if (!absl::SimpleAtoi(fact("step"), &card_.step) || !absl::SimpleAtod(fact("seconds"), &seconds_before_)) {
      return BadInputError(absl::StrCat(trainer->path(), ": metadata: expected the numbers step and seconds"));
    }
    if (fact("data") != DataFingerprint()) {
      return BadInputError(absl::StrCat(options_.config.data(), ": found a data set of ", DataFingerprint(),
                                        ", expected the run's own of ", fact("data")));
    }
    LogLine(absl::StrFormat("continuing %s from step %d", options_.out, card_.step));
    return optimizer_->Restore(*trainer, card_.step);
  }

  std::string DataFingerprint() const {
    return absl::StrCat(dataset_->rows(), " problems, ", dataset_->tokens(), " tokens, hash ", dataset_->hash());
  }

  double Seconds() const { return seconds_before_ + absl::ToDoubleSeconds(absl::Now() - start_); }

  absl::Status Loop() {
    LogLine(absl::StrFormat("%d parameters, %d problems of training data, %d threads", model_->parameters().count(),
                            dataset_->rows(), threads_));
    Progress progress("training", train_.minutes() > 0 ? 0 : train_.steps());
    double used = BudgetUsed(train_, card_.step, Seconds());
    while (used < 1) {
      TALLY_RETURN_IF_ERROR(Step(LearningRateFactor(train_.schedule(), card_.step, used)));
      used = BudgetUsed(train_, card_.step, Seconds());
      const bool last = used >= 1;
      if (last || card_.step % train_.log_every_steps() == 0) TALLY_RETURN_IF_ERROR(Log(&progress));
      if (!last && train_.save_every_steps() > 0 && card_.step % train_.save_every_steps() == 0) {
        TALLY_RETURN_IF_ERROR(Save());
      }
      if (!last && StopRequested()) {
        TALLY_RETURN_IF_ERROR(Save());
        return StoppedError(absl::StrFormat("stopped after step %d, saved; --resume continues", card_.step));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Step(double factor) {
    Batch batch = batches_->At(card_.step);
    const StepOutcome outcome = parallel_->Backward(batch, Draws());
    learning_rate_ = factor * train_.optimizer().learning_rate();
    if (!std::isfinite(outcome.loss)) {
      return absl::InternalError(absl::StrFormat("the loss is %g at step %d, learning rate %g: training has diverged",
                                                 outcome.loss, card_.step, learning_rate_));
    }
    grad_norm_ = ClipGradients(model_->parameters(), train_.optimizer());
    optimizer_->Step(factor, [&] { parallel_->Backward(batch, Draws()); });
    Score(batch, outcome.predictions, &window_);
    window_.loss += outcome.loss;
    window_.steps += 1;
    card_.step += 1;
    return absl::OkStatus();
  }

  StepDraws Draws() const {
    StepDraws draws;
    draws.seed = train_.seed();
    draws.step = card_.step;
    draws.first_sample = card_.step * train_.batch_size();
    return draws;
  }

  absl::Status Log(Progress* progress) {
    StepMetrics m;
    m.step = card_.step;
    m.seconds = Seconds();
    m.loss = window_.loss / window_.steps;
    m.token_accuracy = static_cast<double>(window_.tokens_right) / window_.tokens;
    m.exact = static_cast<double>(window_.problems_right) / window_.problems;
    m.learning_rate = learning_rate_;
    m.grad_norm = grad_norm_;
    m.problems = card_.step * train_.batch_size();
    m.tokens_per_second = (window_.positions - window_.padding) / absl::ToDoubleSeconds(absl::Now() - window_.start);
    m.padding = static_cast<double>(window_.padding) / window_.positions;
    window_ = Window();
    std::string detail =
        absl::StrFormat("loss %.4f, exact %.1f %%, %.0f tokens/s", m.loss, 100 * m.exact, m.tokens_per_second);
    if (train_.minutes() > 0) absl::StrAppendFormat(&detail, ", %.1f of %g min", m.seconds / 60, train_.minutes());
    progress->Update(card_.step, detail);
    return metrics_->Append(m);
  }

  absl::Status Save() {
    TALLY_RETURN_IF_ERROR(SaveCheckpoint(options_.out, card_, *model_, optimizer_->State(),
                                         {{"step", absl::StrCat(card_.step)},
                                          {"seconds", absl::StrFormat("%.3f", Seconds())},
                                          {"data", DataFingerprint()}}));
    return train_.keep_last() > 0 ? RemoveOldCheckpoints(options_.out, train_.keep_last()) : absl::OkStatus();
  }

  const TrainOptions& options_;
  const TrainConfig& train_;
  std::unique_ptr<TokenDataset> dataset_;
  ModelCard card_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Batches> batches_;
  int threads_ = 1;
  std::unique_ptr<DataParallel> parallel_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<MetricsFile> metrics_;
  absl::Time start_;
  double seconds_before_ = 0;  // used by earlier processes of this run
  Window window_;
  double grad_norm_ = 0;
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

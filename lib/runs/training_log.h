// Averages over the steps between two lines of a run's log, and where the lines go: metrics.jsonl, event files.
// Torch-free.
#ifndef TALLY_LIB_RUNS_TRAINING_LOG_H_
#define TALLY_LIB_RUNS_TRAINING_LOG_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/progress.h"
#include "lib/batches/batch.h"
#include "lib/results/exact_match.h"
#include "lib/runs/device_meter.h"
#include "lib/runs/energy_meter.h"
#include "lib/runs/metrics.h"
#include "lib/runs/run_config.pb.h"
#include "lib/runs/trainer_state.h"

namespace tally {

// How often the heads of a looped model read the true state, all variables of a token, after recurrence number 1, 2,
// ... of a problem; later ones than these are not counted.
struct StateCounts {
  static constexpr size_t kRecurrences = 32;
  std::array<int64_t, kRecurrences> tokens = {}, right = {};

  // Counts a token after recurrence `number`, from 1.
  void Add(int64_t number, bool is_right);
  StateCounts& operator+=(const StateCounts& other);
};

// What a step, or a part of one, got right of the tokens that its loss reads, and what it computed. Sums of parts are
// those of the whole.
struct StepCounts : AnswerCounts {
  int64_t positions = 0, padding = 0;  // computed ones, and those of them that are PAD
  double entropy = 0;                  // nats, of the predictions for all labels together
  StateCounts state;

  StepCounts& operator+=(const StepCounts& other);
};

// The scores of sequences first, ..., first + count - 1 of `batch`; predictions[i] is for the i-th label of these.
std::vector<Score> ScoreSequences(const Batch& batch, int64_t first, int64_t count,
                                  const std::vector<int64_t>& predictions);

// Counts what sequences first, ..., first + count - 1 of `batch` ask for, none of it right.
StepCounts CountAsked(const Batch& batch, int64_t first, int64_t count);

// Counts what is right in sequences first, ..., first + count - 1 of `batch`; predictions[i] is for the i-th label of
// these.
StepCounts CountRight(const Batch& batch, int64_t first, int64_t count, const std::vector<int64_t>& predictions);

// Steps between two lines of the log about `step` of a run whose `train.log_every_steps` is `every`: that, twice it
// once kFinestLines lines are there, four times it after as many more, and so on. So lines are never more than a
// kFinestLines-th of the run apart, and a run of any length has few enough of them. A function of the step alone: a run
// that continues logs the steps of one that never stopped.
inline constexpr int64_t kFinestLines = 65536;
int64_t LogInterval(int64_t step, int64_t every);

// Not thread-safe.
class TrainingLog {
 public:
  // `config` must outlive this. `examples`: those of the data, for the epoch; 0: a stream. `device`: null on a CPU.
  TrainingLog(const TrainConfig* config, std::vector<std::unique_ptr<MetricsSink>> sinks, int64_t examples = 0,
              std::unique_ptr<DeviceMeter> device = nullptr);

  // Takes note of a step; `state_loss` is logged where the configuration supervises a state.
  void Add(double loss, const StepCounts& counts, double state_loss = 0);

  // Writes the averages since the last line, and the evaluation where there was one, to all sinks, and redraws the
  // progress line. Does nothing where no step was added since and nothing was evaluated; where all steps since were
  // left out, the averages of an evaluated step are no numbers (null in metrics.jsonl).
  absl::Status Write(const TrainerState& state, double learning_rate, double grad_norm,
                     const std::optional<ValidationMetrics>& validation = std::nullopt);

  // What was written survives a crash of the machine from here on. IoError.
  absl::Status Sync();

 private:
  // Sums since the last line.
  struct Window {
    int64_t steps = 0;
    double loss = 0, state_loss = 0;
    StepCounts counts;
    absl::Time start;
  };

  std::string ProgressDetail(const StepMetrics& m) const;
  void SetAverages(StepMetrics* m) const;
  void SetMachine(StepMetrics* m);

  const TrainConfig& config_;
  const std::vector<std::unique_ptr<MetricsSink>> sinks_;
  const int64_t examples_;
  EnergyMeter energy_;
  const std::unique_ptr<DeviceMeter> device_;
  Progress progress_;
  Window window_;
};

// The log of the run in the folder `run` after `step` steps: metrics.jsonl, an event file where train.tensorboard is
// set, and a follower where train.tracker names one; where `writes` is not set, none. `config` must outlive it.
// CannotCreate.
absl::StatusOr<std::unique_ptr<TrainingLog>> OpenLog(const std::string& run, int64_t step, const TrainConfig* config,
                                                     bool writes, int64_t examples = 0,
                                                     std::unique_ptr<DeviceMeter> device = nullptr);

}  // namespace tally

#endif  // TALLY_LIB_RUNS_TRAINING_LOG_H_

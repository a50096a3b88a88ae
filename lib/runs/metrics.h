// The metrics of a training run, one line for each logged step. Torch-free.
#ifndef TALLY_LIB_RUNS_METRICS_H_
#define TALLY_LIB_RUNS_METRICS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/os/append_file.h"

namespace tally {

// Teacher-forced answers to held-out problems.
struct ValidationMetrics {
  double exact = 0;                                           // share of problems with every answer token right
  double token_accuracy = 0;                                  // share of answer tokens
  double loss = 0;                                            // nats an answer token
  std::vector<std::pair<std::string, double>> exact_by_task;  // `exact` of each task, where there are several

  // A few problems of each kind, short ones first, as the model answers them: "1+2=3", and "1+3=5 (4)" with what was
  // right.
  std::vector<std::string> right, wrong;
};

// "61.0 %", of several tasks "61.0 % (addition 92.0 %, sorting 30.0 %)": the share that is exact.
std::string ExactText(const ValidationMetrics& metrics);

// "right: 1+2=3, 4+5=9; wrong: 1+3=5 (4)": the examples.
std::string ExamplesText(const ValidationMetrics& metrics);

// What is logged of a step. Averages are over the steps since the last line.
struct StepMetrics {
  int64_t step = 0;                  // steps done
  double seconds = 0;                // since the start of the run, interruptions not counted
  double loss = 0;                   // nats an answer token
  std::optional<double> state_loss;  // of this that of a supervised state, before its weight
  // Share of answer tokens whose supervised state is right after a recurrence, by its number, from 1.
  std::vector<std::pair<int64_t, double>> state_accuracy;
  double token_accuracy = 0;
  double exact = 0;          // share of problems with every answer token right
  double entropy = 0;        // nats, of the model's distribution over the next token, mean over answer tokens
  double learning_rate = 0;  // of AdamW
  std::optional<double> muon_learning_rate;  // where Muon moves matrices
  double grad_norm = 0;                      // before clipping
  int64_t problems = 0;                      // seen since the start
  double batch_size = 0;                     // problems a step, mean
  std::optional<double> epoch;               // problems seen by those of the data; not of a stream
  double tokens_per_second = 0;
  double padding = 0;                   // share of computed positions that are padding
  int64_t skipped = 0;                  // updates left out since the start because loss or gradient were not finite
  double resident_mb = 0;               // resident memory of the process, MiB
  std::optional<double> energy_joules;  // that the machine's processors took since this process began to train
  std::optional<double> device_mb;      // of the device's memory that is in use, MiB
  std::optional<double> device_energy_joules;   // that the device took, as above
  std::optional<ValidationMetrics> validation;  // where the step was evaluated
};

// All of them by name, as metrics.jsonl and event files call them.
std::vector<std::pair<std::string, double>> NamedValues(const StepMetrics& metrics);

// Where metrics go.
class MetricsSink {
 public:
  virtual ~MetricsSink() = default;

  // CannotCreate and IoError.
  virtual absl::Status Append(const StepMetrics& metrics) = 0;

  // What was appended survives a crash of the machine from here on. IoError.
  virtual absl::Status Sync() { return absl::OkStatus(); }
};

// RUN/metrics.jsonl; others see each line at once, so that they can follow the run.
class MetricsFile : public MetricsSink {
 public:
  // Keeps the lines of steps up to `last_step`. CannotCreate, IoError.
  static absl::StatusOr<std::unique_ptr<MetricsFile>> Open(const std::string& run, int64_t last_step);

  absl::Status Append(const StepMetrics& metrics) override;
  absl::Status Sync() override { return file_->Sync(); }

 private:
  explicit MetricsFile(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}

  const std::unique_ptr<AppendFile> file_;
};

}  // namespace tally

#endif  // TALLY_LIB_RUNS_METRICS_H_

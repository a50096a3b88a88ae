// The folder of a training run: its configuration and metrics. Torch-free. (Checkpoints: lib/checkpoint.)
//
//   RUN/config.textproto   the resolved RunConfig
//   RUN/metrics.jsonl      one JSON object a logged step
//
// A run that continues keeps its configuration, apart from how long it runs and what it reports, and forgets metrics of
// steps after the checkpoint that it continues from.
#ifndef TALLY_LIB_TRAIN_RUN_FOLDER_H_
#define TALLY_LIB_TRAIN_RUN_FOLDER_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/train/train_config.pb.h"

namespace tally {

// True where `run` already holds a configuration.
bool RunExists(const std::string& run);

// The configuration in `run`.
absl::StatusOr<RunConfig> ReadRunConfig(const std::string& run);

// UsageError naming the first field in which a continued run would differ from what `run` was started with. The budget
// (train.steps, train.minutes), log_every_steps, save_every_steps and keep_last may differ.
absl::Status CheckSameRun(const RunConfig& started, const RunConfig& now);

// UsageError where the configuration makes no sense: no budget, negative sizes, a learning rate that is no number.
absl::Status ValidateTrainConfig(const TrainConfig& config);

// Makes the folder and writes its configuration.
absl::Status WriteRunConfig(const std::string& run, const RunConfig& config);

// What is logged of a step. Averages are over the steps since the last line.
struct StepMetrics {
  int64_t step = 0;    // steps done
  double seconds = 0;  // since the start of the run, interruptions not counted
  double loss = 0;     // nats an answer token
  double token_accuracy = 0;
  double exact = 0;          // share of problems with every answer token right
  double learning_rate = 0;  // of AdamW
  double grad_norm = 0;      // before clipping
  int64_t problems = 0;      // seen since the start
  double tokens_per_second = 0;
  double padding = 0;  // share of computed positions that are padding
};

// Appends to metrics.jsonl; every line is flushed, so that others can follow the run.
class MetricsFile {
 public:
  // Keeps the lines of steps up to `last_step`. CannotCreate.
  static absl::StatusOr<std::unique_ptr<MetricsFile>> Open(const std::string& run, int64_t last_step);
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  absl::Status Append(const StepMetrics& metrics);

 private:
  MetricsFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  const std::string path_;
  std::FILE* const file_;
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_RUN_FOLDER_H_

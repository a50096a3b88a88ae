// The metrics of a training run: one JSON line a logged step (docs/formats/run_folder.md).
#ifndef TALLY_LIB_RESULTS_METRICS_H_
#define TALLY_LIB_RESULTS_METRICS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// One line. NaN where a measure is absent or null, as the loss of a run that diverged.
struct LoggedStep {
  int64_t step = 0;
  double seconds = 0;
  double loss = 0;            // nats an answer token
  double exact = 0;           // share of training problems, 0..1
  double token_accuracy = 0;  // share of answer tokens, 0..1
  double learning_rate = 0;
};

// Reads such a line. BadInput names the missing or wrong key; `step` and `seconds` must be there. Unknown keys are
// ignored. The caller adds file and line.
absl::StatusOr<LoggedStep> LoggedStepFromJson(absl::string_view line);

// The lines of `path`: a metrics.jsonl, the folder of a run that holds one, or "-" for standard input. A last line
// without its newline is left out: a running run may be writing it. BadInput with file and line, also where steps do
// not rise and where there is no whole line; MissingInput.
absl::StatusOr<std::vector<LoggedStep>> ReadMetrics(const std::string& path);

// The last value of every number in the lines of `path`, a metrics.jsonl, by key: what a run has come to, also one that
// is running. Empty where there is no file or no whole line. BadInput with file and line.
absl::StatusOr<std::map<std::string, double>> LastMetrics(const std::string& path);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_METRICS_H_

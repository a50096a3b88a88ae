// Training curves: loss, exact share, token accuracy and learning rate over steps or time.
#ifndef TALLY_LIB_PLOT_TRAINING_H_
#define TALLY_LIB_PLOT_TRAINING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/plot/chart.h"

namespace tally {

// Four panels of the metrics that `words` name ([LABEL=]RUN, a folder or a metrics.jsonl; "-"), a line a run; runs of
// one label share their colour. A run of more than 200 lines is drawn as means of neighbouring ones. `over_seconds`:
// seconds of training along x instead of steps. Errors as ReadMetrics.
absl::StatusOr<Chart> TrainingChart(const std::vector<std::string>& words, bool over_seconds, const std::string& title);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_TRAINING_H_

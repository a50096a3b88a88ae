#include "lib/runs/open_log.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "lib/base/status_macros.h"
#include "lib/runs/event_file.h"
#include "lib/runs/metrics.h"

namespace tally {

absl::StatusOr<std::unique_ptr<TrainingLog>> OpenLog(const std::string& run, int64_t step, const TrainConfig* config,
                                                     bool writes) {
  std::vector<std::unique_ptr<MetricsSink>> sinks;
  if (writes) {
    TALLY_ASSIGN_OR_RETURN(auto file, MetricsFile::Open(run, step));
    sinks.push_back(std::move(file));
  }
  if (writes && config->tensorboard()) {
    TALLY_ASSIGN_OR_RETURN(auto events, EventFile::Open(run, step, absl::Now()));
    sinks.push_back(std::move(events));
  }
  return std::make_unique<TrainingLog>(config, std::move(sinks));
}

}  // namespace tally

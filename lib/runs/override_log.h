// RUN/overrides.txt: what was asked for, beside config.textproto, which says what it came to. Torch-free.
#ifndef TALLY_LIB_RUNS_OVERRIDE_LOG_H_
#define TALLY_LIB_RUNS_OVERRIDE_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/config/overrides.h"

namespace tally {

// Adds to RUN/overrides.txt what a process that starts the run, or continues it after `step` steps, overrode: in the
// defaults, or in the configuration of the run so far. A line that says so, then one for each change. Nothing where a
// run continues without changes. The file is whole after a crash.
absl::Status LogOverrides(const std::string& run, int64_t step, const std::vector<Override>& overrides);

}  // namespace tally

#endif  // TALLY_LIB_RUNS_OVERRIDE_LOG_H_

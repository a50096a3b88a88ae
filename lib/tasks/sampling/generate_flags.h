// What the flags of datagen mean together.
#ifndef TALLY_LIB_TASKS_SAMPLING_GENERATE_FLAGS_H_
#define TALLY_LIB_TASKS_SAMPLING_GENERATE_FLAGS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/sampling/generate.h"
#include "lib/tasks/sampling/generate_flags.pb.h"

namespace tally {

// The number of problems that `text` says; `inf` is kEndless. UsageError where it says none.
absl::StatusOr<int64_t> ParseProblemCount(absl::string_view text);

// What lines look like, of each task that the flags name; `spaces`: spaces come before characters. A number that some
// of the tasks have (Task::parameters) is theirs alone. UsageError as below.
absl::StatusOr<std::vector<ProblemFormat>> ResolveFormats(const FormatFlags& flags, bool spaces);

// The job that the flags describe. UsageError, which names the flag, for values outside of their range, unknown names
// (with the nearest known one), and flags that contradict each other or could have no effect.
absl::StatusOr<GenerateOptions> ResolveGenerateFlags(const GenerateFlags& flags);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_GENERATE_FLAGS_H_

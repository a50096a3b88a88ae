// What the flags of datagen mean together, and those that one task alone has (Task::parameters), of datagen and
// tokenize: a task that declares `modulus` has the flag --modulus.
#ifndef TALLY_LIB_TASKS_SAMPLING_GENERATE_FLAGS_H_
#define TALLY_LIB_TASKS_SAMPLING_GENERATE_FLAGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/problem_format.h"
#include "lib/tasks/sampling/generate.h"
#include "lib/tasks/sampling/generate_flags.pb.h"

namespace tally {

// The arguments of a tool up to `--`, in the words that its flags have: `--modulus=9` and `--modulus 9` become
// `--parameter=modulus=9`, for each parameter of each task.
class TaskArguments {
 public:
  TaskArguments(int argc, char** argv);
  TaskArguments(const TaskArguments&) = delete;
  TaskArguments& operator=(const TaskArguments&) = delete;

  // As main has them; they are valid as long as this.
  int argc() const { return static_cast<int>(words_.size()); }
  char** argv() { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;  // to each word, and a null
};

// The words that text flags of FormatFlags take, for completion (Tool::words, lib/config/tool_main.h).
std::map<std::string, std::vector<std::string>> FormatWords();

// Adds values, each NAME=N, to those of the formats whose task has this one, of all where none has. UsageError for what
// is none; ValidateProblemFormat judges names.
absl::Status AddParameters(const std::vector<std::string>& values, std::vector<ProblemFormat>* formats);

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

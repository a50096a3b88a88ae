// The whole numbers that one task alone has (Task::parameters), on the command line of datagen and tokenize: a task
// that declares `modulus` has the flag --modulus.
#ifndef TALLY_LIB_TASKS_SAMPLING_TASK_PARAMETERS_H_
#define TALLY_LIB_TASKS_SAMPLING_TASK_PARAMETERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/tasks/problem_format.h"

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

// Adds values, each NAME=N, to those of the formats whose task has this one, of all where none has. UsageError for what
// is none; ValidateProblemFormat judges names.
absl::Status AddParameters(const std::vector<std::string>& values, std::vector<ProblemFormat>* formats);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_TASK_PARAMETERS_H_

// The tasks that Tally knows, by name. registry.cc has a line for each.
#ifndef TALLY_LIB_TASKS_REGISTRY_H_
#define TALLY_LIB_TASKS_REGISTRY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/task.h"

namespace tally {

// The task called `name`. UsageError, with the nearest name, where there is none.
absl::StatusOr<const Task*> FindTask(absl::string_view name);

// The same for a name that is known to be one: aborts for others.
const Task& TaskNamed(absl::string_view name);

// All names, in the order of registry.cc.
std::vector<std::string> TaskNames();

// What a cell's lengths mean for the task called `name`; of a name that is not known, as for a sum of two numbers.
const TaskGrid& GridOfTask(absl::string_view name);

// Makes `task` known while this object exists: how a test adds a task of its own. Not thread-safe.
class TaskRegistration {
 public:
  explicit TaskRegistration(const Task& task);
  ~TaskRegistration();
  TaskRegistration(const TaskRegistration&) = delete;
  TaskRegistration& operator=(const TaskRegistration&) = delete;

 private:
  const Task& task_;
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_REGISTRY_H_

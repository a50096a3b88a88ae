#include "lib/tasks/registry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"

// One line a task: XTask() is defined in the file of task X.
#define TALLY_TASKS(TASK) \
  TASK(Addition)          \
  TASK(Subtraction)       \
  TASK(Multiplication)    \
  TASK(BitwiseOr)         \
  TASK(Sorting)           \
  TASK(Parity)            \
  TASK(Copy)              \
  TASK(Reverse)           \
  TASK(ModularAddition)   \
  TASK(BitwiseAnd)        \
  TASK(BitwiseXor)        \
  TASK(Comparison)        \
  TASK(Division)          \
  /* the end */

namespace tally {

#define TALLY_DECLARE(NAME) const Task& NAME##Task();
TALLY_TASKS(TALLY_DECLARE)
#undef TALLY_DECLARE

namespace {

std::vector<const Task*>& Tasks() {
#define TALLY_ADDRESS(NAME) &NAME##Task(),
  static auto& tasks = *new std::vector<const Task*>{TALLY_TASKS(TALLY_ADDRESS)};
#undef TALLY_ADDRESS
  return tasks;
}

// nullptr where there is none.
const Task* Find(absl::string_view name) {
  for (const Task* task : Tasks()) {
    if (task->name() == name) return task;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<const Task*> FindTask(absl::string_view name) {
  if (const Task* const task = Find(name)) return task;
  const std::vector<std::string> names = TaskNames();
  return UsageError(absl::StrCat("unknown task ", Quote(name), ", expected one of ", absl::StrJoin(names, ", "),
                                 DidYouMean(name, names)));
}

const Task& TaskNamed(absl::string_view name) { return *FindTask(name).value(); }

std::vector<std::string> TaskNames() {
  std::vector<std::string> names;
  for (const Task* task : Tasks()) names.emplace_back(task->name());
  return names;
}

const TaskGrid& GridOfTask(absl::string_view name) {
  static const TaskGrid& of_two_operands = *new TaskGrid();
  const Task* const task = Find(name);
  return task == nullptr ? of_two_operands : task->grid();
}

TaskRegistration::TaskRegistration(const Task& task) : task_(task) { Tasks().push_back(&task); }

TaskRegistration::~TaskRegistration() {
  Tasks().erase(std::remove(Tasks().begin(), Tasks().end(), &task_), Tasks().end());
}

}  // namespace tally

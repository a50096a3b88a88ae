#include "lib/tasks/task.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"

namespace tally {
namespace {

constexpr Task kTasks[] = {Task::kAddition, Task::kSubtraction, Task::kMultiplication, Task::kBitwiseOr,
                           Task::kSorting};

}  // namespace

absl::StatusOr<Task> ParseTask(absl::string_view name) {
  std::vector<std::string> names;
  for (const Task task : kTasks) {
    if (TaskName(task) == name) return task;
    names.emplace_back(TaskName(task));
  }
  return UsageError(absl::StrCat("unknown task \"", absl::CHexEscape(name), "\", expected one of ",
                                 absl::StrJoin(names, ", "), DidYouMean(name, names)));
}

absl::string_view TaskName(Task task) {
  switch (task) {
    case Task::kAddition:
      return "addition";
    case Task::kSubtraction:
      return "subtraction";
    case Task::kMultiplication:
      return "multiplication";
    case Task::kBitwiseOr:
      return "bitwise_or";
    case Task::kSorting:
      break;
  }
  return "sorting";
}

char OperatorOf(Task task) {
  switch (task) {
    case Task::kAddition:
    case Task::kBitwiseOr:
      return '+';
    case Task::kSubtraction:
      return '-';
    case Task::kMultiplication:
      return 'x';
    case Task::kSorting:
      break;
  }
  return ',';
}

bool IsArithmetic(Task task) { return task != Task::kBitwiseOr && task != Task::kSorting; }

}  // namespace tally

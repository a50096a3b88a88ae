#include "lib/tasks/working.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/tasks/digits.h"

namespace tally {
namespace {

// Turns `*row` into floor(*row / 10) + x * digit, with one digit more than x.
void NextRow(absl::string_view x, int digit, std::string* row) {
  row->erase(0, 1);
  row->resize(x.size() + 1, '0');
  int carry = 0;
  for (size_t n = 0; n < row->size(); ++n) {
    const int product = n < x.size() ? (x[n] - '0') * digit : 0;
    const int total = (*row)[n] - '0' + product + carry;
    (*row)[n] = static_cast<char>('0' + total % 10);
    carry = total / 10;
  }
}

std::string ProductWorking(absl::string_view x, absl::string_view y) {
  std::string row, rows;
  for (const char digit : y) {
    NextRow(x, digit - '0', &row);
    absl::StrAppend(&rows, rows.empty() ? "" : "+", row);
  }
  return rows;
}

std::string SumWorking(absl::Span<const absl::string_view> operands) {
  std::string sum, rows;
  for (const absl::string_view operand : operands) {
    AddTo(operand, &sum);
    sum.resize(WithoutLeadingZeros(sum).size(), '0');
    absl::StrAppend(&rows, rows.empty() ? "" : "+", sum);
  }
  return rows;
}

}  // namespace

bool HasWorking(Task task) { return task == Task::kAddition || task == Task::kMultiplication; }

std::string Working(Task task, absl::Span<const absl::string_view> operands) {
  return task == Task::kMultiplication ? ProductWorking(operands[0], operands[1]) : SumWorking(operands);
}

std::string ResultOfWorking(Task task, absl::string_view working) {
  if (working.empty()) return "";
  const std::vector<absl::string_view> rows = absl::StrSplit(working, '+');
  std::string result;
  for (size_t j = 0; task == Task::kMultiplication && j + 1 < rows.size(); ++j) result.push_back(rows[j][0]);
  absl::StrAppend(&result, rows.back());
  return std::string(WithoutLeadingZeros(result));
}

}  // namespace tally

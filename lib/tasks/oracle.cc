#include "lib/tasks/oracle.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_join.h"
#include "lib/tasks/big_integer.h"

namespace tally {
namespace {

std::string LeastFirst(absl::string_view number, bool reversed) {
  return reversed ? std::string(number) : std::string(number.rbegin(), number.rend());
}

// Row j of a product is x * (the digits of y up to j) / 10^j.
std::string WorkingAnswer(const ParsedProblem& problem, Task task) {
  std::vector<std::string> rows;
  const absl::string_view x = problem.operands[0], y = problem.operands[1];
  for (size_t j = 0; task == Task::kMultiplication && j < y.size(); ++j) {
    BigInteger product;
    product.SetProduct(BigInteger(x), BigInteger(y.substr(0, j + 1)));
    std::string digits = product.Digits();
    digits.resize(j + x.size() + 1, '0');
    rows.push_back(digits.substr(j));
  }
  BigInteger sum;
  for (size_t j = 0; task == Task::kAddition && j < problem.operands.size(); ++j) {
    sum.Add(BigInteger(problem.operands[j]));
    rows.push_back(sum.Digits());
  }
  return absl::StrJoin(rows, "+");
}

std::string ArithmeticAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  if (format.working) return WorkingAnswer(problem, format.task);
  const bool reversed = OperandsAreReversed(format.order);
  BigInteger result(LeastFirst(problem.operands[0], reversed));
  for (size_t i = 1; i < problem.operands.size(); ++i) {
    const BigInteger operand(LeastFirst(problem.operands[i], reversed));
    if (format.task == Task::kAddition) {
      result.Add(operand);
    } else if (format.task == Task::kSubtraction) {
      result.Subtract(operand);
    } else {
      result.SetProduct(result, operand);
    }
  }
  // As people write it; reversed, all of it is.
  const std::string digits = result.Digits();
  std::string text(format.prepended_zeros > 0 ? format.prepended_zeros + 1 : 0, '0');
  if (result.negative()) text += '-';
  text.append(digits.rbegin(), digits.rend());
  if (AnswerIsReversed(format.order)) std::reverse(text.begin(), text.end());
  return text;
}

std::string SortingAnswer(const ParsedProblem& problem, bool reversed) {
  std::multimap<std::string, absl::string_view> by_value;  // equal keys keep the order of the line
  size_t longest = 0;
  for (const absl::string_view number : problem.operands) longest = std::max(longest, number.size());
  for (size_t i = 0; i < problem.operands.size(); ++i) {
    std::string digits = LeastFirst(problem.operands[i], reversed);
    digits.resize(longest, '0');
    by_value.emplace(std::string(digits.rbegin(), digits.rend()), problem.labels[i]);
  }
  return absl::StrJoin(by_value, ",", [](std::string* out, const auto& entry) {
    out->append(entry.second.data(), entry.second.size());
  });
}

std::string BitwiseOrAnswer(absl::string_view a, absl::string_view b) {
  std::string answer;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const bool one = (i < a.size() && a[i] == '1') || (i < b.size() && b[i] == '1');
    answer.push_back(one ? '1' : '0');
  }
  return answer;
}

}  // namespace

std::string OracleAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  if (format.task == Task::kSorting) return SortingAnswer(problem, OperandsAreReversed(format.order));
  if (format.task == Task::kBitwiseOr) return BitwiseOrAnswer(problem.operands[0], problem.operands[1]);
  return ArithmeticAnswer(problem, format);
}

}  // namespace tally

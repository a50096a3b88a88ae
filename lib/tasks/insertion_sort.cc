#include "lib/tasks/insertion_sort.h"

#include <algorithm>

#include "lib/tasks/operands/digits.h"
#include "lib/tasks/operands/layouts.h"

namespace tally {
namespace {

uint8_t LabelValue(absl::string_view label) {
  size_t bytes = 0;
  return static_cast<uint8_t>(1 + HintAt(label, &bytes));
}

// Digit `at` of a number whose least significant digit is digit 1.
uint8_t DigitValue(absl::string_view number, size_t at) {
  return at == 0 || at > number.size() ? 0 : static_cast<uint8_t>(1 + number[at - 1] - '0');
}

}  // namespace

absl::Span<const StateVariable> InsertionSortVariables() {
  static constexpr StateVariable kVariables[] = {{"held", kHints + 1},  {"current", kHints + 1}, {"held_digit", 11},
                                                 {"current_digit", 11}, {"order", kOrders},      {"more", 2}};
  return kVariables;
}

void InsertionSortState(const ParsedProblem& problem, int64_t recurrences, absl::Span<uint8_t> out) {
  std::fill(out.begin(), out.end(), 0);
  if (recurrences == 0) return;
  const OperandViews& numbers = problem.operands;
  size_t round = 1;
  for (const absl::string_view number : numbers) round = std::max(round, number.size() + 1);
  const size_t rounds = (recurrences - 1) / round, digits = (recurrences - 1) % round;
  const bool taken_up = rounds < numbers.size();
  const auto ranked = RankNumbers(numbers, taken_up ? rounds : numbers.size());
  const size_t variables = InsertionSortVariables().size();
  for (size_t t = 0; t < out.size() / variables; ++t) {
    const size_t rank = (t + 1) / 2;
    uint8_t* const cell = &out[t * variables];
    const bool holds = rank < ranked.size();
    if (t % 2 == 1) {
      cell[5] = holds ? 1 : 0;
      continue;
    }
    if (holds) cell[0] = LabelValue(problem.labels[ranked[rank]]);
    if (holds) cell[2] = DigitValue(numbers[ranked[rank]], digits);
    if (!taken_up) continue;
    cell[1] = LabelValue(problem.labels[rounds]);
    cell[3] = DigitValue(numbers[rounds], digits);
    if (holds) cell[4] = OrderOfLowest(numbers[rounds], numbers[ranked[rank]], digits);
  }
}

}  // namespace tally

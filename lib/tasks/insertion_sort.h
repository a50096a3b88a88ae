// What a looped model is taught to keep while it sorts (Task::state): a systolic insertion sort (Leiserson 1979,
// "Systolic priority queues"), a cell for each rank, from 0. The token that rank k's label is predicted at is the cell
// of rank k; the one before it, where `,` or the end is predicted, knows whether there is such a label.
//
//   1. Recurrence 0 takes up the first number.
//   2. Its round has a recurrence for each digit of the longest number, from the lowest: each cell compares that digit
//      with the same of the number that it holds.
//   3. One more recurrence inserts it, and takes up the next: a cell gets what the cell before it held where the number
//      is less than that; else the number where it is less than what the cell held; else it keeps that. So the numbers
//      seen so far stand in order, equal ones in that of the line.
//   4. After the last round the cells hold the answer.
#ifndef TALLY_LIB_TASKS_INSERTION_SORT_H_
#define TALLY_LIB_TASKS_INSERTION_SORT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "lib/tasks/line_format.h"
#include "lib/tasks/operands/digits.h"
#include "lib/tasks/task.h"

namespace tally {

// Numbers 0, ..., count - 1 of those given, least significant digit first, in rising order; equal ones keep theirs.
template <typename Numbers>
absl::InlinedVector<uint32_t, 32> RankNumbers(const Numbers& numbers, size_t count) {
  absl::InlinedVector<uint32_t, 32> ranked(count);
  std::iota(ranked.begin(), ranked.end(), 0);
  std::sort(ranked.begin(), ranked.end(), [&](uint32_t a, uint32_t b) {
    const int difference = CompareDigits(numbers[a], numbers[b]);
    return difference != 0 ? difference < 0 : a < b;
  });
  return ranked;
}

// In this order: `held`, 1 + number of the label (HintAt) whose number the cell holds, 0 for none; `current`, the same
// of the number that its round inserts; `held_digit` and `current_digit`, 1 + the digit of either that was read last,
// 0 for none; `order`, that of `current` and `held` so far (OrderOfLowest); `more`, at tokens where `,` or the end is
// predicted, which have the rest at 0: 1 where a label follows as far as is known. What is looked up is a variable so
// that training shows what to look for.
absl::Span<const StateVariable> InsertionSortVariables();

// Their values after `recurrences`, as Task::StateAfter has it, of a problem whose numbers are written least
// significant digit first, with different labels.
void InsertionSortState(const ParsedProblem& problem, int64_t recurrences, absl::Span<uint8_t> out);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_INSERTION_SORT_H_

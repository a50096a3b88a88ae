// Sorting written out: an insertion sort, a row for each number of the line, in the line's order, and then the result.
// Of numbers written least significant digit first, `A:14,B:7,C:07=` (41, 7, 70):
//
//   /A<A;            row 0: there is nothing to compare A with, so it comes first
//   /BA:0<BA;        row 1: B has 0 where A has its highest digit, so it comes before A
//   /CB:7>A:7><C;    row 2: C is greater than B, which has no digit so high, and than A, and nothing is left
//   /=B,A,C          the labels of the last row
//
// A row is `/`, the label of its number, and then, label for label of the row before, a comparison: the label, `:`, and
// from the highest digit of either number on the digit that the row's own number has and how it compares with the
// other's, until they differ. `<` ends the comparisons: the row's label goes here, and the rest follows. After `>`, or
// `=` at the lowest digit, comes the next label, and where there is none `<`. So the labels that follow a `<`, and
// those compared before, are the numbers so far in order, equal ones in that of the line; `;` ends the row.
#ifndef TALLY_LIB_TASKS_INSERTION_ROWS_H_
#define TALLY_LIB_TASKS_INSERTION_ROWS_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "lib/tasks/line_format.h"

namespace tally {

// Labels that no row is written with otherwise: the first hints, which are letters.
inline constexpr int kRowLabels = 51;

// The rows of a problem and the `/=` before the result. Its numbers are given least significant digit first.
std::string InsertionRows(const OperandViews& numbers, const OperandViews& labels);

// The same by the standard library's order of numbers that have leading zeros to equal lengths.
std::string OracleInsertionRows(const OperandViews& numbers, const OperandViews& labels);

// What follows the last `=` of an answer with rows, right or wrong.
absl::string_view AfterRows(absl::string_view answer);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_INSERTION_ROWS_H_

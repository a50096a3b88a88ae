// Whether one model can learn several formats: it sees nothing but lines, so a line has to show which format it has.
#ifndef TALLY_LIB_TASKS_SAMPLING_TELL_APART_H_
#define TALLY_LIB_TASKS_SAMPLING_TELL_APART_H_

#include <string>

#include "absl/types/span.h"
#include "lib/tasks/problem_format.h"

namespace tally {

// "addition with digits reversed: all", and the layout where it is not plain.
std::string FormatText(const ProblemFormat& format);

// Why examples of `a` and of `b` cannot be mixed, or "" where they can: equal formats; formats of different tasks in
// which no question has two answers. Two formats of one task cannot, since results are told apart by task.
//
// Questions are compared by drawing: 64 short problems of each format, always the same ones, are read as the other's.
// So a question that two tasks share is found where it is not rare in both; no two tasks of the registry share such.
std::string Clash(const ProblemFormat& a, const ProblemFormat& b);

// The first clash between two of `formats`, or that a task is there twice; "" where there is none.
std::string FirstClash(absl::Span<const ProblemFormat> formats);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_TELL_APART_H_

// Lines of the sorting task: `A:41,B:7,C:102=B,A,C`. Labels are single characters, a cyclic run of the 102 of
// index_hints.h, among them `,` and `:`.
#ifndef TALLY_LIB_TASKS_SORTING_H_
#define TALLY_LIB_TASKS_SORTING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/parsed_problem.h"

namespace tally {

// Splits a line of the task; with `hints` each digit has one. BadInput names the byte (from 1); the caller adds the
// line. Numbers with hints are put together in `*room`.
absl::StatusOr<ParsedProblem> ParseSorting(absl::string_view line, bool hints, std::string* room);

// The labels in rising order of their numbers, equal ones in order of the line: `B,A,C`.
std::string SortedLabels(const ParsedProblem& problem, bool reversed);

// Sets `*line` to that for `numbers`, digits least significant first. The first label is number `label` of
// index_hints.h; with hint >= 0 each digit gets a hint from there on.
void RenderSorting(const std::vector<std::string>& numbers, bool reversed, int64_t label, int64_t hint,
                   std::string* line);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SORTING_H_

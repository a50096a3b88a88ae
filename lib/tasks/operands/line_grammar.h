// Lines of operands: `12+3=15`, `#0110=0`. What NumberTask and StringTask parse and write.
#ifndef TALLY_LIB_TASKS_OPERANDS_LINE_GRAMMAR_H_
#define TALLY_LIB_TASKS_OPERANDS_LINE_GRAMMAR_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/line_format.h"

namespace tally {

struct LineGrammar {
  char prefix = 0;                     // before the first operand; 0 for none
  absl::string_view separators = "+";  // before operand 1, 2, ...; the last of them also before all others
  size_t least_operands = 2;
  size_t most_operands = 2;
  char last_digit = '9';  // operands and answer are of digits from 0 to this one

  // What precedes operand `i` >= 1.
  char SeparatorBefore(size_t i) const { return separators[i <= separators.size() ? i - 1 : separators.size() - 1]; }
};

// BadInput for what is at `position` of `line`.
absl::Status UnexpectedByte(absl::string_view line, size_t position, absl::string_view expected);

// `line` without its spaces, in `*room`.
absl::string_view WithoutSpaces(absl::string_view line, std::string* room);

// How many digits `text` begins with.
size_t CountDigits(absl::string_view text, const LineGrammar& grammar);

// The parts of a line without spaces, hints and interleaving; views into it. The answer is not looked at.
absl::StatusOr<ParsedProblem> SplitOperands(absl::string_view line, const LineGrammar& grammar);

// OK where `line` has nothing but digits from `begin` on; or partial results with '+' between them.
absl::Status CheckDigits(absl::string_view line, size_t begin, const LineGrammar& grammar);
absl::Status CheckPartials(absl::string_view line, size_t begin, const LineGrammar& grammar);

// A long number with its middle left out, for messages.
std::string Shortened(absl::string_view number);

// Appends a line up to its `=`, which comes next; `operands` as written.
void AppendOperands(const std::vector<std::string>& operands, const LineGrammar& grammar, std::string* line);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_OPERANDS_LINE_GRAMMAR_H_

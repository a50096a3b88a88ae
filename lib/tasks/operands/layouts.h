// Layouts of a line's numbers as the reference writes them: with index hints, and interleaved.
//
// Index hints (Zhou et al. 2023, arXiv 2310.16028, section 4.1): a character before each digit says which digit of its
// number it is, `A1B2+A3=A4B2`. The hints of a line are a cyclic run of 102 characters from a random start on, the same
// for all of its numbers; a sign is hinted like a digit.
//
// Interleaved numbers are written digit by digit in turn, `a1 b1 a2 b2 ...`, then the rest of the longer one: the
// reference's --interleave.
#ifndef TALLY_LIB_TASKS_OPERANDS_LAYOUTS_H_
#define TALLY_LIB_TASKS_OPERANDS_LAYOUTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

inline constexpr int kHints = 102;

// Hint number i mod 102, UTF-8, in the order of the reference's generator. They are also the labels of sorting.
absl::string_view HintText(int64_t i);

// The number of the hint that `text` begins with and its length in bytes; -1 where there is none.
int HintAt(absl::string_view text, size_t* bytes);

// `text`, any digits and signs of one number, each preceded by its hint.
std::string WithHints(absl::string_view number, int64_t start);

// `line` without its hints. Numbers are what is between `separators`. BadInput names the byte (from 1) where a hint
// is missing or breaks the run; the caller adds the line.
absl::StatusOr<std::string> WithoutHints(absl::string_view line, absl::string_view separators);

struct InterleavedNumbers {
  std::string first, second;
};

// `first` and `second` in turn.
std::string Interleave(absl::string_view first, absl::string_view second);

// Two numbers that give `digits`; of the several pairs the one with most nearly equal lengths that `fits` accepts.
// BadInput where there is none.
absl::StatusOr<InterleavedNumbers> Deinterleave(absl::string_view digits,
                                                absl::FunctionRef<bool(absl::string_view, absl::string_view)> fits);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_OPERANDS_LAYOUTS_H_

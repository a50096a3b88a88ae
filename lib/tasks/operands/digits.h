// Arithmetic on digit strings, least significant digit first, of any length.
#ifndef TALLY_LIB_TASKS_OPERANDS_DIGITS_H_
#define TALLY_LIB_TASKS_OPERANDS_DIGITS_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tally {

// `digits` without zeros above its value; zero is "0", also for "".
absl::string_view WithoutLeadingZeros(absl::string_view digits);

// Less than 0, 0 or more than 0, as the value of `a` is less than, equal to or more than that of `b`. Linear time.
int CompareDigits(absl::string_view a, absl::string_view b);

// Adds `b` to `*a`, which gets as many digits as the longer one, and one more when the last carry is 1. Linear time.
void AddTo(absl::string_view b, std::string* a);

// |a - b| without leading zeros; *negative says whether a < b. Linear time.
std::string SubtractDigits(absl::string_view a, absl::string_view b, bool* negative);

// a * b without leading zeros, by GMP: less than quadratic time.
std::string MultiplyDigits(absl::string_view a, absl::string_view b);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_OPERANDS_DIGITS_H_

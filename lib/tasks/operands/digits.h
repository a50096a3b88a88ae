// Numbers of any length as strings of digits, least significant digit first: arithmetic, and how they are drawn.
//
// Every draw comes from Random::Below: exactly uniform, from one 32-bit word (rarely another). Which draws, and in what
// order, is part of the data sets' format.
#ifndef TALLY_LIB_TASKS_OPERANDS_DIGITS_H_
#define TALLY_LIB_TASKS_OPERANDS_DIGITS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/base/random.h"

namespace tally {

// `digits` without zeros above its value; zero is "0", also for "".
absl::string_view WithoutLeadingZeros(absl::string_view digits);

// Less than 0, 0 or more than 0, as the value of `a` is less than, equal to or more than that of `b`. Linear time.
int CompareDigits(absl::string_view a, absl::string_view b);

// How the numbers made of the `count` lowest digits compare, as a value that a model's state can have: equal, the first
// one greater, the first one less.
inline constexpr int kOrders = 3;
uint8_t OrderOfLowest(absl::string_view a, absl::string_view b, size_t count);

// Adds `b` to the number in `*a` from byte `begin` on, which gets as many digits as the longer one, and one more when
// the last carry is 1. Linear time.
void AddTo(absl::string_view b, std::string* a, size_t begin = 0);

// |a - b| without leading zeros; *negative says whether a < b. Linear time.
std::string SubtractDigits(absl::string_view a, absl::string_view b, bool* negative);

// a * b without leading zeros, by GMP: less than quadratic time.
std::string MultiplyDigits(absl::string_view a, absl::string_view b);

// The longest run of one character in `text`.
int64_t LongestRepeat(absl::string_view text);

// The longest run of neighbouring weights that carry into the next one in the sum of `numbers`.
int64_t LongestCarryRun(absl::Span<const absl::string_view> numbers);

// The same of weights that borrow from the next one in |a - b|.
int64_t LongestBorrowRun(absl::string_view a, absl::string_view b);

// Sets `*digits` to a number of exactly `length` digits, uniform over them; one digit is 1..9, or 0..9 with
// `keep_zero`. Draws groups of nine digits from the least significant on.
void DrawNumber(int length, bool keep_zero, Random* random, std::string* digits);

// The same, uniform over 0 .. 10^length - 1, with leading zeros.
void DrawBelowPowerOfTen(int length, Random* random, std::string* digits);

// Changes a pair of numbers so that carries travel far, which uniform digits hardly ever do: with probability .7 for
// each weight, the second number's digit becomes 9 minus the first's, or, beyond the shorter number, the longer one's
// digit becomes 9. A leading digit becomes 0 only in a one-digit second number with `keep_zero`.
void MakeCarryChain(bool keep_zero, Random* random, std::string* first, std::string* second);

// Changes a number so that it has many zeros and nines, which multiply without carry and with the largest: each digit
// becomes one of them with a probability of .4, .6, .8 or 1, drawn first. They are zeros, nines, or, in half of the
// numbers, either. A leading 0 becomes 1.
void MakeExtreme(Random* random, std::string* digits);

// Changes a number so that it shares many digits with `first`: each digit of a weight that both have becomes that of
// `first` with a probability of .4, .6, .8 or 1, drawn first. A leading digit becomes 0 only in a one-digit number with
// `keep_zero`.
void MakeCommonDigits(bool keep_zero, Random* random, absl::string_view first, std::string* second);

// Draws the digits of a pair of numbers anew, their lengths unchanged and leading digits at least 1 (0 in one-digit
// numbers with `keep_zero`), such that in their sum the longest run of neighbouring weights that carry has exactly
// `longest` weights, at most the shorter length. Where the run is, is uniform; other pairs of digits are uniform
// among those that make no longer one.
void DrawWithCarryRun(int longest, bool keep_zero, Random* random, std::string* first, std::string* second);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_OPERANDS_DIGITS_H_

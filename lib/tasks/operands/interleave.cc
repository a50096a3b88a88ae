#include "lib/tasks/operands/interleave.h"

#include <algorithm>

#include "lib/base/exit_code.h"

namespace tally {

std::string Interleave(absl::string_view first, absl::string_view second) {
  std::string digits;
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) digits.push_back(first[i]);
    if (i < second.size()) digits.push_back(second[i]);
  }
  return digits;
}

absl::StatusOr<InterleavedNumbers> Deinterleave(absl::string_view digits,
                                                absl::FunctionRef<bool(absl::string_view, absl::string_view)> fits) {
  for (size_t pairs = digits.size() / 2; pairs > 0; --pairs) {
    InterleavedNumbers numbers;
    for (size_t i = 0; i < 2 * pairs; ++i) (i % 2 == 0 ? numbers.first : numbers.second).push_back(digits[i]);
    const absl::string_view rest = digits.substr(2 * pairs);
    for (const bool first_is_longer : {true, false}) {
      InterleavedNumbers candidate = numbers;
      (first_is_longer ? candidate.first : candidate.second).append(rest.data(), rest.size());
      if (fits(candidate.first, candidate.second)) return candidate;
    }
  }
  return BadInputError("no two numbers fit");
}

}  // namespace tally

// Two numbers written digit by digit in turn, `a1 b1 a2 b2 ...`, then the rest of the longer one: the reference's
// --interleave.
#ifndef TALLY_LIB_TASKS_OPERANDS_INTERLEAVE_H_
#define TALLY_LIB_TASKS_OPERANDS_INTERLEAVE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

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

#endif  // TALLY_LIB_TASKS_OPERANDS_INTERLEAVE_H_

// Which cells an evaluation visits. Torch-free.
#ifndef TALLY_LIB_EVAL_GRID_H_
#define TALLY_LIB_EVAL_GRID_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// "1..100" -> 1, 2, ..., 100; "1..100:9" -> 1, 10, ..., 100; "50" -> 50; "1..20,50,100" -> all of these, rising, each
// once. UsageError otherwise (numbers below 1, descending ranges, step below 1, above 1,000,000).
absl::StatusOr<std::vector<int64_t>> ParseLengths(absl::string_view text);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_GRID_H_

// Where answers go wrong: right and all answers, or their tokens, counted by what may matter.
#ifndef TALLY_LIB_RESULTS_ERROR_COUNTS_H_
#define TALLY_LIB_RESULTS_ERROR_COUNTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/results/exact_match.h"
#include "lib/tasks/task.h"

namespace tally {

// Measures of tokens, by their place in the answer, from 0; the end token is apart. Of the first wrong token of an
// answer there are only wrong ones.
inline constexpr char kTokenMeasure[] = "position", kEndMeasure[] = "end", kFirstWrongMeasure[] = "first_wrong";

class ErrorCounts {
 public:
  struct Count {
    int64_t right = 0;
    int64_t all = 0;
  };
  using ByValue = std::map<int64_t, Count>;

  // Counts an answer whose score has `right` filled, of a problem with these measures (Task::Measures).
  void Add(const Score& score, absl::Span<const ProblemMeasure> measures);

  // Measures by name, in the order in which they came first.
  const std::vector<std::pair<std::string, ByValue>>& measures() const { return measures_; }

  // {"position":[[0,99,100],[1,97,100]],...}: value, right, all. BadInput for other text, negative counts, or more
  // right ones than there are.
  std::string ToJson() const;
  static absl::StatusOr<ErrorCounts> FromJson(absl::string_view text);

 private:
  Count& Of(absl::string_view measure, int64_t value);

  std::vector<std::pair<std::string, ByValue>> measures_;
};

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_ERROR_COUNTS_H_

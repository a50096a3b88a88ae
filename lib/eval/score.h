// Teacher-forced scoring: one side of DESIGN contract 4 (the other: generate.h).
#ifndef TALLY_LIB_EVAL_SCORE_H_
#define TALLY_LIB_EVAL_SCORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/eval/model_run.h"

namespace tally {

// One problem to score: `321+54=573` and the number that its random initial state depends on.
struct ScoreLine {
  std::string text;
  uint64_t sample = 0;
};

struct Score {
  bool exact = false;  // every answer token, EOS included, is the argmax
  int64_t tokens = 0;  // answer tokens, EOS included
  int64_t tokens_right = 0;
};

// Scores of `lines`, in their order, by one forward pass over them all, padded to the longest. BadInput for characters
// outside of the vocabulary or numbers longer than the position table.
absl::StatusOr<std::vector<Score>> ScoreBatch(const ModelRun& run, const std::vector<ScoreLine>& lines);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_SCORE_H_

// Teacher-forced scoring and greedy generation: the two sides of DESIGN contract 4.
#ifndef TALLY_LIB_EVAL_SCORE_H_
#define TALLY_LIB_EVAL_SCORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/model/model.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// What to score a model with. Pointers must outlive the calls.
struct ScoreOptions {
  const Model* model = nullptr;
  const Vocabulary* vocabulary = nullptr;
  int64_t recurrences = 0;  // 0: as trained
  uint64_t seed = 0;        // of random initial states
};

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
absl::StatusOr<std::vector<Score>> ScoreBatch(const ScoreOptions& options, const std::vector<ScoreLine>& lines);

// A greedy answer.
struct Generated {
  std::vector<int64_t> ids;  // its tokens, without EOS
  bool ended = false;        // EOS came within the tokens allowed
};

// The model's greedy answer to `prompt` (`321+54=`), token by token without a cache: at most `max_tokens`, EOS
// included.
absl::StatusOr<Generated> GenerateAnswer(const ScoreOptions& options, const ScoreLine& prompt, int64_t max_tokens);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_SCORE_H_

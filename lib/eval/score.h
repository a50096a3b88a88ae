// Teacher-forced scoring: one side of contract 4 of docs/architecture.md (the other: generate.h).
#ifndef TALLY_LIB_EVAL_SCORE_H_
#define TALLY_LIB_EVAL_SCORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/eval/cell_problems.h"
#include "lib/eval/model_run.h"
#include "lib/results/exact_match.h"

namespace tally {

// One token of an answer, given the right ones before it.
struct TokenScore {
  int64_t right = 0;      // id
  int64_t predicted = 0;  // the likeliest
  double log_right = 0;   // log-probabilities of both, in nats
  double log_predicted = 0;
};

struct ScoreOptions {
  int64_t batch_tokens = 4096;  // most tokens of a forward pass, padding included; one line at least
  int threads = 0;              // forward passes at a time; 0: one a core

  // Numbers of recurrences after each of which to score, rising, at once ("thinking" curves); none:
  // run.recurrences.
  std::vector<int64_t> recurrences = {};

  bool keep_right = false;  // fill Score::right
};

// The scores of the argmax at each answer token of `lines`: [i][k] is that of line k after options.recurrences[i]
// recurrences, or [0][k] where there are none. Batches are cut by the lines of each cell and options.batch_tokens
// alone, so scores do not depend on threads, nor on which other cells are given. BadInput for characters outside of the
// vocabulary or numbers longer than the position table; UsageError for options.recurrences that do not rise from 1 on.
// Of a model whose recurrences grow with the operands they are the numbers that those for digits come on top of.
// `tokens`, where it is not null, becomes the same for each token: [i][k][t], t a token of the answer, EOS the last.
absl::StatusOr<std::vector<std::vector<Score>>> ScoreLines(
    const ModelRun& run, const std::vector<ScoreLine>& lines, const ScoreOptions& options,
    std::vector<std::vector<std::vector<TokenScore>>>* tokens = nullptr);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_SCORE_H_

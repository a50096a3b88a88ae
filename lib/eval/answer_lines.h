// How a model answers problems: teacher-forced scores or answers of its own, judged in the same terms.
#ifndef TALLY_LIB_EVAL_ANSWER_LINES_H_
#define TALLY_LIB_EVAL_ANSWER_LINES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "lib/eval/model_run.h"
#include "lib/eval/score.h"
#include "lib/results/cell.h"

namespace tally {

struct AnswerOptions {
  std::string decoding = kTeacherForced;  // or kGenerate, kGenerateWithoutCache
  double temperature = 0;                 // of answers generated; 0: the likeliest tokens
  int64_t top_k = 0;                      // draw among this many tokens; 0: all
  int64_t batch_tokens = 4096;            // most tokens of a forward pass of teacher-forced scoring
  int threads = 0;                        // forward passes or answers at a time; 0: one a core
  std::vector<int64_t> recurrences;       // counts, rising; none: run.recurrences
  bool keep_wrong = false;                // fill Answer::got of wrong answers that are scored teacher-forced
  bool keep_right = false;                // fill Score::right
  bool keep_tokens = false;               // fill Answer::tokens
};

// A token of an answer, the model's and the right one: ids, -1 where one of the two answers is over. Log-probabilities
// in nats; that of the right token is known where the tokens before it were given.
struct AnswerToken {
  int64_t right = -1;
  int64_t predicted = -1;
  double log_predicted = 0;
  absl::optional<double> log_right;
};

// `score` of an answer generated compares its tokens, EOS included, with the right ones place by place.
struct Answer {
  Score score;
  std::string got;  // the model's own answer: each that is generated; scored teacher-forced, those wrong and requested
  bool ended = true;  // EOS came within two tokens more than a right answer has

  // If requested, of an answer scored teacher-forced those given the right ones before each, else those of the model's
  // own answer.
  std::vector<AnswerToken> tokens;
};

// The answers to `lines`, which hold the right ones: [i][k] is that to line k with options.recurrences[i], or [0][k]
// where there are none. They do not depend on options.threads, nor on lines of other cells. Errors as ScoreLines.
absl::StatusOr<std::vector<std::vector<Answer>>> AnswerLines(const ModelRun& run, const std::vector<ScoreLine>& lines,
                                                             const AnswerOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_ANSWER_LINES_H_

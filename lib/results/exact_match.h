// Exact match, the headline metric: the one place that scores answers, in training's log, validation and evaluation.
#ifndef TALLY_LIB_RESULTS_EXACT_MATCH_H_
#define TALLY_LIB_RESULTS_EXACT_MATCH_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace tally {

// Of one answer.
struct Score {
  bool exact = false;  // every answer token, EOS included, is right, and there are no others
  int64_t tokens = 0;  // answer tokens, EOS included
  int64_t tokens_right = 0;
  bool first_right = false;  // the first answer token is
  std::vector<bool> right;   // [tokens] each answer token, where that was asked for
};

// The score of the tokens `got` where `expected` are right, EOS included in both. `keep_right`: fill Score::right.
Score ScoreAnswer(absl::Span<const int64_t> expected, absl::Span<const int64_t> got, bool keep_right = false);

// Sums over answers; those of parts are that of the whole.
struct AnswerCounts {
  int64_t tokens = 0, tokens_right = 0;      // of answers
  int64_t problems = 0, problems_right = 0;  // right: exact

  void Add(const Score& score);
  AnswerCounts& operator+=(const AnswerCounts& other);

  // Shares, 0..1; not a number where nothing was counted.
  double exact() const { return static_cast<double>(problems_right) / static_cast<double>(problems); }
  double token_accuracy() const { return static_cast<double>(tokens_right) / static_cast<double>(tokens); }
};

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_EXACT_MATCH_H_

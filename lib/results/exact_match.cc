#include "lib/results/exact_match.h"

#include <algorithm>

namespace tally {

Score ScoreAnswer(absl::Span<const int64_t> expected, absl::Span<const int64_t> got, bool keep_right) {
  Score score;
  score.tokens = static_cast<int64_t>(expected.size());
  for (size_t i = 0; i < std::min(expected.size(), got.size()); ++i) score.tokens_right += got[i] == expected[i];
  score.first_right = !expected.empty() && !got.empty() && got[0] == expected[0];
  score.exact = got == expected;
  for (size_t i = 0; keep_right && i < expected.size(); ++i) {
    score.right.push_back(i < got.size() && got[i] == expected[i]);
  }
  return score;
}

void AnswerCounts::Add(const Score& score) {
  tokens += score.tokens;
  tokens_right += score.tokens_right;
  problems += 1;
  problems_right += score.exact;
}

AnswerCounts& AnswerCounts::operator+=(const AnswerCounts& other) {
  tokens += other.tokens;
  tokens_right += other.tokens_right;
  problems += other.problems;
  problems_right += other.problems_right;
  return *this;
}

}  // namespace tally

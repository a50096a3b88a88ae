// Answers token by token: the other side of contract 4 of docs/architecture.md.
#ifndef TALLY_LIB_EVAL_GENERATE_H_
#define TALLY_LIB_EVAL_GENERATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/eval/model_run.h"

namespace tally {

// An answer is cut off this many tokens after a right one and its EOS would have ended.
inline constexpr int64_t kMoreTokens = 2;

struct GenerateOptions {
  int64_t max_tokens = 0;  // most tokens of an answer, EOS included
  bool cache = true;       // keep keys and values: a token then costs one column of attention, not a forward pass
  double temperature = 0;  // 0: the likeliest token; else drawn from softmax(logits / temperature)
  int64_t top_k = 0;       // draw among that many likeliest tokens; 0: all
};

// An answer.
struct Generated {
  std::vector<int64_t> ids;           // its tokens, without EOS
  std::vector<double> probabilities;  // of each token under softmax(logits), EOS last where it came
  bool ended = false;                 // EOS came within the tokens allowed
};

// The model's answer to `prompt` (`321+54=`), problem number `sample`. It ends early, without EOS, where a further
// token would not fit the model's position table. BadInput as EncodeLine.
absl::StatusOr<Generated> GenerateAnswer(const ModelRun& run, const std::string& prompt, uint64_t sample,
                                         const GenerateOptions& options);

// The same for several prompts at once, problem number samples[k] the k-th: each gets the answer that it gets alone.
// They have equal numbers of tokens, as the problems of a cell have; else BadInput.
absl::StatusOr<std::vector<Generated>> GenerateAnswers(const ModelRun& run, const std::vector<std::string>& prompts,
                                                       const std::vector<uint64_t>& samples,
                                                       const GenerateOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_GENERATE_H_

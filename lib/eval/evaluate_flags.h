// The command line that eval and sort_eval share: flags, and words that work on results.
#ifndef TALLY_LIB_EVAL_EVALUATE_FLAGS_H_
#define TALLY_LIB_EVAL_EVALUATE_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/config/tool_main.h"
#include "lib/eval/evaluate_options.h"
#include "lib/results/grid.h"

namespace tally {

// How a grid was asked for; "" where a flag was not given.
struct GridFlags {
  std::string grid;  // a name, or the text of a grid
  std::string rows;
  std::string cols;
  std::string operands;
};

// The grid that the flags describe; rows and cols that were not given are `usual`. UsageError for flags that contradict
// each other, and errors of ParseGrid and ParseLengths.
absl::StatusOr<Grid> ResolveGridFlags(const GridFlags& flags, const std::string& usual);

// `text` is a list of recurrence counts, or 0 for none.
absl::StatusOr<std::vector<int64_t>> ParseRecurrences(const std::string& text);

// The flags that both tools have, those of one title each; the tools add their own to "Problems".
std::vector<FlagGroup> EvaluationFlagGroups(const std::vector<std::string>& problem_flags);

// `merge SHARD.jsonl ...` and `summary CELLS.jsonl ...`; without a word, the evaluation that `options` and the shared
// flags describe. UsageError for other words.
absl::Status RunEvaluationTool(const std::vector<std::string>& words, EvaluateOptions options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_EVALUATE_FLAGS_H_

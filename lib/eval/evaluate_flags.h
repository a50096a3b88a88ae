// The command line that eval and sort_eval share: what flags mean, and words that work on results.
#ifndef TALLY_LIB_EVAL_EVALUATE_FLAGS_H_
#define TALLY_LIB_EVAL_EVALUATE_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/eval/evaluate_options.h"
#include "lib/eval/evaluation_flags.pb.h"
#include "lib/results/grid.h"

namespace tally {

// The grid that the flags describe; rows and cols that were not given are `usual`. UsageError for flags that contradict
// each other, and errors of ParseGrid and ParseLengths.
absl::StatusOr<Grid> ResolveGridFlags(const EvalGridFlags& flags, const std::string& usual);

// `text` is a list of recurrence counts, or 0 for none.
absl::StatusOr<std::vector<int64_t>> ParseRecurrences(const std::string& text);

// `merge SHARD.jsonl ...` and `summary CELLS.jsonl ...`; without a word, the evaluation that `options` describe,
// their flags for shard and recurrences included. UsageError for other words.
absl::Status RunEvaluationTool(const std::vector<std::string>& words, EvaluateOptions options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_EVALUATE_FLAGS_H_

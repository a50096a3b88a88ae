// The job of the tools eval and sort_eval: exact match of a model on problems of given lengths, or on given problems.
//
// Scoring takes one forward pass a batch: under greedy decoding a sample is exactly right if and only if every answer
// token, EOS included, is the argmax given the right tokens before it (contract 4 of docs/architecture.md;
// eval_property_test holds both sides equal).
#ifndef TALLY_LIB_EVAL_EVALUATE_H_
#define TALLY_LIB_EVAL_EVALUATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/eval/evaluate_options.h"

namespace tally {

// Writes one JSON line for each cell and recurrence count to options.out, and the summary to standard error. A cell
// depends on the seed, its task, its lengths and the settings that it records, and by rounding on batch_tokens and the
// device, not on other cells, shards, or how often the job was started: with a file to write to, finished cells are
// kept beside it and not scored again (cell_writer.h). After a stop signal it finishes the cells at hand and returns
// Stopped. UsageError for bad options; errors of a cell name it.
absl::Status Evaluate(const EvaluateOptions& options);

// What eval and sort_eval do for the words of their command line: `merge SHARD.jsonl ...`, `summary CELLS.jsonl ...`
// and `export CELLS.jsonl ...`; without a word, the evaluation that `options` describe, their flags for shard and
// recurrences included. UsageError for other words.
absl::Status RunEvaluationTool(const std::vector<std::string>& words, EvaluateOptions options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_EVALUATE_H_

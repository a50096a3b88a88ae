// The job of the tool eval: exact match of a model on problems of given operand lengths, or on given problems.
//
// Scoring takes one forward pass a batch: under greedy decoding a sample is exactly right if and only if every answer
// token, EOS included, is the argmax given the right tokens before it (DESIGN contract 4; eval_property_test holds both
// sides equal).
#ifndef TALLY_LIB_EVAL_EVALUATE_H_
#define TALLY_LIB_EVAL_EVALUATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/base/shard.h"

namespace tally {

struct EvaluateOptions {
  std::string model;                  // run, checkpoint, or the reference's folder
  std::vector<int64_t> rows;          // lengths of the first operand
  std::vector<int64_t> cols;          // lengths of the second
  std::vector<std::string> problems;  // files of given problems, each a cell of its own, instead of the grid
  int64_t samples = 100;              // problems a cell of the grid
  uint64_t seed = 0;
  Shard shard;                  // contiguous part of the cells, in order of rows, then cols
  int64_t batch_tokens = 4096;  // tokens a forward pass
  int64_t recurrences = 0;      // 0: as trained
  int64_t offset = -1;          // of a digit table; -1: as configured
  double logit_factor = 1;      // on all attention logits
  int32_t threads = 0;          // forward passes at a time; 0: one a core
  double min_exact = 0;         // CheckFailed where a cell has a lower share of exact answers
  std::string out = "-";        // cells as JSON lines
};

// Writes one JSON line a cell to options.out, and the summary to standard error. The problems of a cell depend on
// (seed, lengths) alone. UsageError names an option that is out of its range.
absl::Status Evaluate(const EvaluateOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_EVALUATE_H_

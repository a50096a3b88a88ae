// The job of the tool predict: a filter that completes problems, and logits for given tokens.
#ifndef TALLY_LIB_EVAL_PREDICT_H_
#define TALLY_LIB_EVAL_PREDICT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace tally {

struct PredictOptions {
  std::string model;
  std::string in = "-";        // lines such as `321+54=`
  std::string out = "-";
  int64_t recurrences = 0;     // 0: as trained
  uint64_t seed = 0;           // of random initial states
  int64_t max_tokens = 0;      // of an answer; 0: enough for a right one and a few more
  bool check = false;          // compare each answer with GMP's
  std::string ids_in;          // safetensors with `input_ids` [batch, seq] i64, optionally `initial_state`
  std::string logits_out;      // safetensors with `logits` [batch, seq, vocabulary] f32
};

// Reads problems line by line and writes each with the model's greedy answer, in the same order: `321+54=573`. With
// options.check each line is followed by a tab and GMP's answer, and a wrong answer ends in CheckFailed after the last
// line. With options.logits_out it writes the logits of the given lines or of options.ids_in instead.
absl::Status Predict(const PredictOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_PREDICT_H_

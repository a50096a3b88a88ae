// The job of the tool predict: a filter that completes problems, and logits for given tokens.
#ifndef TALLY_LIB_EVAL_PREDICT_H_
#define TALLY_LIB_EVAL_PREDICT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace tally {

struct PredictOptions {
  std::string model;
  std::string in = "-";  // lines such as `321+54=`
  std::string out = "-";
  int64_t recurrences = 0;  // 0: as trained
  uint64_t seed = 0;        // of random initial states
  int64_t max_tokens = 0;   // of an answer; 0: two more than a right one can have
  int32_t threads = 0;      // of LibTorch; 0: all cores
  bool check = false;       // compare each answer with GMP's
  std::string ids_in;       // safetensors with `input_ids` [batch, seq] i64, optionally `initial_state`
  std::string logits_out;   // safetensors with `logits` [batch, seq, vocabulary] f32
};

// Reads problems line by line and writes each with the model's greedy answer, in the same order: `321+54=573`. With
// options.check each line is followed by a tab and GMP's answer, and a wrong answer ends in CheckFailed after the last
// line. With options.ids_in it writes the logits of these ids to options.logits_out instead.
absl::Status Predict(const PredictOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_PREDICT_H_

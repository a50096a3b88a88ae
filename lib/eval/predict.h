// The job of the tool predict: a filter that completes problems, and logits for given tokens or lines.
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
  int64_t recurrences = 0;          // 0: as trained
  int64_t offset = -1;              // of a digit table; -1: as configured
  double logit_factor = 1;          // on all attention logits
  uint64_t seed = 0;                // of random initial states and of drawn answers
  int64_t max_tokens = 0;           // of an answer; 0: two more than a right one can have
  double temperature = 0;           // 0: the likeliest tokens
  int64_t top_k = 0;                // draw among so many likeliest tokens; 0: all
  int32_t threads = 0;              // of LibTorch; 0: all cores
  std::string device = "auto";      // auto, cpu or cuda
  std::string precision = "F32";    // lib/model/precision.h
  bool check = false;               // compare each answer with GMP's
  bool answer_only = false;         // leave out the problem, and of a working all but its result
  bool show_probabilities = false;  // of each answer token
  std::string ids_in;               // safetensors with `input_ids` [batch, seq] i64
  std::string logits_out;           // safetensors with `logits` [batch, seq, vocabulary] f32
};

// Reads problems line by line and writes each with the model's answer, in the same order: `321+54=573`. Behind tabs
// follow GMP's answer, with options.check, and the probabilities of the answer's tokens and of EOS, with
// options.show_probabilities. With options.answer_only a line is the answer alone, of a working that is written out its
// result, and that is what is compared with GMP's; what is no answer stays as it is. A wrong answer ends in CheckFailed
// after the last line.
//
// With options.logits_out it writes the logits of all tokens of the lines instead, padded to the longest, or of the ids
// in options.ids_in. That file may also hold `initial_state` [batch, seq, hidden] f32, `learned_rand_positions` [seq]
// i64 and `fire_train_positions` [seq] i64: the random choices to use.
absl::Status Predict(const PredictOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_PREDICT_H_

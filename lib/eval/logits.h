// Logits as a file, for comparison with other implementations.
#ifndef TALLY_LIB_EVAL_LOGITS_H_
#define TALLY_LIB_EVAL_LOGITS_H_

#include <string>

#include "absl/status/status.h"
#include "lib/eval/model_run.h"

namespace tally {

// Writes tensor `logits` [batch, seq, vocabulary] f32 to the safetensors file `out`, for tensor `input_ids` [batch,
// seq] i64 of the safetensors file `in`. Where that holds `initial_state` [batch, seq, hidden] f32,
// `learned_rand_positions` [seq] i64 or `fire_train_positions` [seq] i64, these take the place of random draws.
// BadInput names the tensor.
absl::Status WriteLogitsOfIds(const ModelRun& run, const std::string& in, const std::string& out);

// The same for the lines of text in `in` ("-": standard input), padded to the longest.
absl::Status WriteLogitsOfLines(const ModelRun& run, const std::string& in, const std::string& out);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_LOGITS_H_

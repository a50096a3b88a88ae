// The job of the tool predict: a filter that completes problems, and logits for given tokens or lines.
#ifndef TALLY_LIB_EVAL_PREDICT_H_
#define TALLY_LIB_EVAL_PREDICT_H_

#include "absl/status/status.h"
#include "lib/eval/evaluation_flags.pb.h"

namespace tally {

// Reads problems line by line and writes each with the model's answer, in the same order: `321+54=573`. Behind tabs
// follow GMP's answer, with flags.check, and the probabilities of the answer's tokens and of EOS, with
// flags.show_probabilities; with flags.trace lines that begin with spaces follow, one a recurrence (trace.h). With
// flags.answer_only a line is the answer alone, of a scratchpad its result, and that is what is compared with GMP's;
// what is not an answer stays as it is. With flags.human prompts and answers are numbers as people write them
// (lib/tasks/usual_order.h), of a scratchpad the result. A wrong answer ends in CheckFailed after the last line.
// UsageError names the flag for values out of their range, and --trace for a model without variables.
//
// With flags.attention and flags.hidden_states there is one problem, and what the model computes for it and its answer
// is written too (inside.h).
//
// With flags.logits_out it writes the logits of all tokens of the lines instead, padded to the longest, or of the ids
// in flags.ids_in. That file may also hold `initial_state` [batch, seq, hidden] f32, `learned_rand_positions` [seq]
// i64 and `fire_train_positions` [seq] i64: the random choices to use.
absl::Status Predict(const PredictFlags& flags);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_PREDICT_H_

// What one recurrence of a looped model hands on to the next (StateConfig), and the variables that its heads read from
// it.
//
// A variable is a number that the task knows at each place where an answer token is predicted, from `=` on: after
// recurrence p of a product, digit n of the sum of p partial products, and the carry that waits there. Supervised in
// training (lib/train/state_teacher.h), heads read them from the normed state; where they alone are handed on, a small
// error of the state is gone in the next recurrence, so that what one recurrence does right a thousand do.
#ifndef TALLY_LIB_MODEL_LOOP_STATE_H_
#define TALLY_LIB_MODEL_LOOP_STATE_H_

#include <ATen/core/Tensor.h>

#include <optional>

#include "lib/model/initialiser.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"
#include "lib/model/parameters.h"

namespace tally {

// Thread-safe as long as nobody changes the parameters. Axes: V variables, A values of a variable.
class LoopState {
 public:
  LoopState(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // Whether variables are all that is handed on, so that a recurrence can begin from given values of them.
  bool IsVariablesAlone() const { return embedding_.defined(); }

  // The state before the first recurrence of IsVariablesAlone: that of the given values [batch, tokens, V] int64 ->
  // [batch, tokens, hidden]; undefined: all of them 0.
  at::Tensor Embed(const at::Tensor& values, at::IntArrayRef batch_and_tokens) const;

  // The heads: normed states [..., hidden] -> logits [..., V, A].
  at::Tensor Logits(const at::Tensor& normed) const;

  // What the next recurrence gets: state and normed [batch, tokens, hidden] -> the same shape. `answer` [batch, tokens,
  // 1] bool says where variables live; elsewhere their values are 0.
  at::Tensor HandedOn(const at::Tensor& state, const at::Tensor& normed, const at::Tensor& answer) const;

 private:
  const StateConfig::HandedOn kind_;
  const int64_t variables_, values_;
  at::Tensor heads_;      // [V A, hidden], undefined without variables
  at::Tensor embedding_;  // [V A, hidden], undefined unless they are all that is handed on
  std::optional<Norm> norm_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_LOOP_STATE_H_

// All that a forward pass reads beside its parameters, computed on the CPU from ModelInput before the pass begins: so
// it moves to a device as one, and a pass that a device has recorded finds other numbers in the same places the next
// time.
#ifndef TALLY_LIB_MODEL_PREPARED_INPUT_H_
#define TALLY_LIB_MODEL_PREPARED_INPUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/model/attention/key_value_cache.h"
#include "lib/model/embedding.h"
#include "lib/model/forward_context.h"

namespace tally {

struct PreparedInput {
  EmbeddingInput embedding;
  at::Tensor initial_state;     // [batch, tokens, hidden] float32, or undefined: zeros, or the embedding
  at::Tensor state_values;      // [batch, tokens, variables] int64, or undefined: 0
  at::Tensor recurrences_done;  // [batch] int64, or undefined: 0
  at::Tensor counts;            // [batch, 1, 1] int64, recurrences of each sequence; undefined where all have the same
  at::Tensor round_lengths;     // [batch] int64, recurrences of an operand, where each has a round, or undefined
  at::Tensor answer;            // [batch, tokens, 1] bool, where the state's variables live, or undefined
  AttentionContext attention;   // but for `recurrence`; `positions` are those of the first call
  at::Tensor call_positions;    // [calls, seq] float32, of attention's calls in turn, or undefined: all have the same
  Selection selection;          // of the tokens that are asked for; undefined tokens: all
  int64_t untracked = 0;        // recurrences without gradient, the first ones
  int64_t recurrences = 0;      // in all: the most that any sequence has
  KeyValueCache* cache = nullptr;
  Recompute recompute = Recompute::kNone;

  // Its tensors, in an order that inputs of one shape have in common; some may be undefined.
  std::vector<at::Tensor*> Tensors();

  // The same beside a model on `device`.
  PreparedInput To(at::Device device) const;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_PREPARED_INPUT_H_

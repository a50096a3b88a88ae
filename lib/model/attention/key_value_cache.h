// Keys and values of tokens that went through the model already, so that a further token costs one column of attention
// and not a whole forward pass. A looped model keeps them for each recurrence of each layer.
#ifndef TALLY_LIB_MODEL_ATTENTION_KEY_VALUE_CACHE_H_
#define TALLY_LIB_MODEL_ATTENTION_KEY_VALUE_CACHE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "lib/kernels/attention/attention_simd.h"

namespace tally {

// The cache of one sequence or batch of equal lengths. Not thread-safe.
class KeyValueCache {
 public:
  // `repeats`: calls this far apart find the same keys and values of the first tokens, and each writes those of its
  // other tokens over the last one's; for passes that Advance but once. 0: all calls differ.
  explicit KeyValueCache(int64_t repeats = 0) : repeats_(repeats) {}

  // From now on a call that comes for the first time has the first tokens of the one `distance` before it.
  void BeginCallsAsBefore(int64_t distance) { distance_ = distance; }

  // Tokens whose keys and values are held.
  int64_t length() const { return length_; }

  // What CausalAttention keeps at the attention call number `call`, counted from the start of a forward pass; it gets
  // the keys and values of tokens length(), length() + 1, ... A model uses this or Append, not both.
  std::vector<AttentionKeys>* HeadsOf(int64_t call) { return &At(call).heads; }

  // Appends the keys and values of tokens length(), length() + 1, ... at the attention call number `call`, each [batch,
  // heads, new tokens, size]. Returns those of all tokens, views that are valid until the next Append to the same call.
  std::pair<at::Tensor, at::Tensor> Append(int64_t call, const at::Tensor& keys, const at::Tensor& values);

  // Counts `tokens` as held: once at the end of each forward pass.
  void Advance(int64_t tokens) { length_ += tokens; }

 private:
  struct Call {
    std::vector<AttentionKeys> heads;  // [batch * heads]
    at::Tensor keys, values;           // [batch, heads, capacity, size]; the first length_ tokens are filled
  };
  Call& At(int64_t call);
  Call NewCall() const;

  const int64_t repeats_;
  int64_t distance_ = 0;  // 0: new calls are empty
  std::vector<Call> calls_;
  int64_t length_ = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_ATTENTION_KEY_VALUE_CACHE_H_

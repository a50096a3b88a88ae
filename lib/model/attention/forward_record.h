// What a forward pass computes on its way, for people to look at.
#ifndef TALLY_LIB_MODEL_ATTENTION_FORWARD_RECORD_H_
#define TALLY_LIB_MODEL_ATTENTION_FORWARD_RECORD_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace tally {

struct ForwardRecord {
  // Softmax of the logits of each call of attention, recurrence by recurrence, its layers in turn: [batch, heads,
  // queries, keys].
  std::vector<at::Tensor> attention;

  // After each recurrence, before the head's norm: [batch, tokens, hidden].
  std::vector<at::Tensor> states;
};

// While it lives, the forward passes of this thread add to `record`, which must outlive it, and take the route of
// attention that has all weights at once; without input.rows and cache. Not nested.
class RecordForward {
 public:
  explicit RecordForward(ForwardRecord* record);
  ~RecordForward();
  RecordForward(const RecordForward&) = delete;
  RecordForward& operator=(const RecordForward&) = delete;
};

// The record of this thread's passes; null: there is none.
ForwardRecord* CurrentRecord();

}  // namespace tally

#endif  // TALLY_LIB_MODEL_ATTENTION_FORWARD_RECORD_H_

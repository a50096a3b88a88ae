#include "lib/model/forward_context.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/floor_divide.h>

namespace tally {

Selection Selection::To(at::Device device) const {
  Selection moved = *this;
  for (at::Tensor* tensor : {&moved.tokens, &moved.range_tokens, &moved.sequences}) *tensor = tensor->to(device);
  return moved;
}

Selection Select(const at::Tensor& tokens, int64_t length) {
  Selection selection;
  selection.tokens = tokens;
  selection.sequences = at::floor_divide(tokens, length);
  const at::Tensor places = tokens - selection.sequences * length;  // within their sequences
  selection.begin = places.min().item<int64_t>();
  selection.end = places.max().item<int64_t>() + 1;
  selection.range_tokens = selection.sequences * (selection.end - selection.begin) + places - selection.begin;
  return selection;
}

}  // namespace tally

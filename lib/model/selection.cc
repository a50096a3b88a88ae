#include "lib/model/selection.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/floor_divide.h>

namespace tally {

Selection Selection::To(at::Device device) const {
  Selection moved = *this;
  for (at::Tensor* tensor : {&moved.rows, &moved.range_rows, &moved.sequences}) *tensor = tensor->to(device);
  return moved;
}

Selection Select(const at::Tensor& rows, int64_t tokens) {
  Selection selection;
  selection.rows = rows;
  selection.sequences = at::floor_divide(rows, tokens);
  const at::Tensor places = rows - selection.sequences * tokens;  // within their sequences
  selection.begin = places.min().item<int64_t>();
  selection.end = places.max().item<int64_t>() + 1;
  selection.range_rows = selection.sequences * (selection.end - selection.begin) + places - selection.begin;
  return selection;
}

}  // namespace tally

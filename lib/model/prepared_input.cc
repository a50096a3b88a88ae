#include "lib/model/prepared_input.h"

namespace tally {

std::vector<at::Tensor*> PreparedInput::Tensors() {
  return {&embedding.ids,
          &embedding.rows,
          &embedding.segments,
          &initial_state,
          &state_values,
          &recurrences_done,
          &counts,
          &round_lengths,
          &answer,
          &attention.ids,
          &attention.second_ids,
          &attention.row_scale,
          &attention.positions,
          &attention.far_bias,
          &call_positions,
          &selection.tokens,
          &selection.range_tokens,
          &selection.sequences};
}

PreparedInput PreparedInput::To(at::Device device) const {
  PreparedInput moved = *this;
  for (at::Tensor* tensor : moved.Tensors()) {
    if (tensor->defined()) *tensor = tensor->to(device);
  }
  return moved;
}

}  // namespace tally

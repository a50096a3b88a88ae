// What a forward pass tells its attention layers about its tokens.
#ifndef TALLY_LIB_MODEL_POSITIONS_ATTENTION_CONTEXT_H_
#define TALLY_LIB_MODEL_POSITIONS_ATTENTION_CONTEXT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tally {

struct AttentionContext {
  at::Tensor ids;         // [batch or 1, seq] int64, first coordinate of a relative bias; undefined where there is none
  at::Tensor second_ids;  // [batch or 1, seq] int64, second coordinate, or undefined
  double far_bias = 0;    // added to a relative bias where the ids differ by their clip, in every coordinate
  at::Tensor row_scale;   // [seq] float32: factor on the logits of query i
  at::Tensor positions;   // [seq] float32, rising: for rotary embedding, FIRE and ALiBi
  int64_t begin = 0;      // queries are tokens begin, ..., seq - 1; keys and values of earlier ones are in a cache
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_ATTENTION_CONTEXT_H_

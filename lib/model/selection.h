// The tokens whose outputs a forward pass is asked for.
//
// Scoring and the loss read answer positions only. In the last layer of the last pass the other tokens matter through
// their keys and values alone: they need no query, no output projection, no feed-forward layer and no head.
#ifndef TALLY_LIB_MODEL_SELECTION_H_
#define TALLY_LIB_MODEL_SELECTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tally {

struct Selection {
  at::Tensor rows;        // [n] int64, rising: numbers of tokens in [batch * tokens] order
  int64_t begin = 0;      // all of them are tokens begin, ..., end - 1 of their sequences
  int64_t end = 0;        //
  at::Tensor range_rows;  // [n] int64: their numbers in [batch * (end - begin)] order
  at::Tensor sequences;   // [n] int64: the sequences that they belong to

  // The same with its tensors on `device`.
  Selection To(at::Device device) const;

  // The rows of x [batch, tokens, features], [n, features].
  at::Tensor Of(const at::Tensor& x) const { return x.flatten(0, 1).index_select(0, rows); }

  // The same for x [batch, end - begin, features].
  at::Tensor OfRange(const at::Tensor& x) const { return x.flatten(0, 1).index_select(0, range_rows); }
};

// The selection of `rows` [n] int64, rising, n > 0, among sequences of `tokens` tokens.
Selection Select(const at::Tensor& rows, int64_t tokens);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_SELECTION_H_

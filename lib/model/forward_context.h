// What a forward pass tells its layers about its tokens: what attention reads beside them, their ids by the rules of
// position_ids.h, and which tokens are asked for.
#ifndef TALLY_LIB_MODEL_FORWARD_CONTEXT_H_
#define TALLY_LIB_MODEL_FORWARD_CONTEXT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "lib/model/model_config.pb.h"

namespace tally {

// Which activations a pass that records gradient computes again in its backward pass instead of keeping them
// (lib/kernels/recompute): none, those inside of each layer, or those inside of each recurrence.
enum class Recompute { kNone, kLayer, kRecurrence };

struct AttentionContext {
  at::Tensor ids;         // [batch or 1, seq] int64, first coordinate of a relative bias; undefined where there is none
  at::Tensor second_ids;  // [batch or 1, seq] int64, second coordinate, or undefined
  at::Tensor recurrence;  // [batch or 1] int64, its number, from 0; read by models with a shift_clip or key_clip
  at::Tensor far_bias;    // [] float32, added to a relative bias where ids differ by their clip, in every coordinate,
                          // or undefined
  at::Tensor row_scale;   // [seq] float32: factor on the logits of query i
  at::Tensor positions;   // [seq] float32, rising: for rotary embedding, FIRE and ALiBi, or undefined
  int64_t begin = 0;      // queries are tokens begin, ..., seq - 1; keys and values of earlier ones are in a cache
};

// `rule` applied to each sequence of ids [batch, seq] -> [batch, seq]; all int64 on the CPU.
at::Tensor IdsByRule(const at::Tensor& ids, void (*rule)(const int64_t*, int64_t, int64_t*));

// Sets the ids of `context` for tokens ids [batch, seq]. Where all sequences have the same ids, as lines of equal
// operand and answer lengths have, one sequence represents all of them, and so does its bias.
void SetRelativeIds(AttentionConfig::Ids rule, const at::Tensor& ids, AttentionContext* context);

// The tokens whose outputs a forward pass computes.
//
// Scoring and the loss read answer positions only. In the last layer of the last recurrence the other tokens matter
// through their keys and values alone: they need no query, no output projection, no feed-forward layer and no head.
struct Selection {
  at::Tensor tokens;        // [n] int64, rising: numbers of tokens in [batch * tokens] order
  int64_t begin = 0;        // all of them are tokens begin, ..., end - 1 of their sequences
  int64_t end = 0;          //
  at::Tensor range_tokens;  // [n] int64: their numbers in [batch * (end - begin)] order
  at::Tensor sequences;     // [n] int64: the sequences that they belong to

  // The selected tokens of x [batch, tokens, features], [n, features].
  at::Tensor From(const at::Tensor& x) const { return x.flatten(0, 1).index_select(0, tokens); }

  // The same for x [batch, end - begin, features].
  at::Tensor FromRange(const at::Tensor& x) const { return x.flatten(0, 1).index_select(0, range_tokens); }
};

// The selection of `tokens` [n] int64, rising, n > 0, among sequences of `length` tokens. Its range begins at a
// multiple of `grain` and ends at one or with the sequences, so that few shapes serve many batches.
Selection Select(const at::Tensor& tokens, int64_t length, int64_t grain = 1);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_FORWARD_CONTEXT_H_

// The queries, keys and values of a group of heads, one in each lane. Compiled once for each set of instructions
// (Highway's -inl.h pattern), so include it after highway.h, in .cc files alone.
#if defined(TALLY_LIB_KERNELS_ATTENTION_LANE_TOKENS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TALLY_LIB_KERNELS_ATTENTION_LANE_TOKENS_INL_H_
#undef TALLY_LIB_KERNELS_ATTENTION_LANE_TOKENS_INL_H_
#else
#define TALLY_LIB_KERNELS_ATTENTION_LANE_TOKENS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "lib/kernels/aligned_vector.h"
#include "lib/kernels/attention/attention_lanes-inl.h"
#include "lib/kernels/attention/attention_simd.h"
#include "lib/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {

// Where the blocks begin.
inline int64_t FirstBlock(const AttentionLayout& layout) { return layout.first_query / kSide * kSide; }

// Whole sequences, up to the end of the last block; layout.begin is 0.
class LaneTokens {
 public:
  LaneTokens(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv)
      : layout_(layout),
        terms_(terms),
        qkv_(qkv),
        tokens_(RoundUp(layout.seq, kSide)),
        vectors_(Lanewise::Vectors(layout.size)) {
    for (AlignedVector<float>* rows : {&queries, &keys, &values}) rows->resize(floats());
    for (AlignedVector<float>* row : {&query_inverse, &key_inverse}) row->resize(tokens_ * Lanes());
    scale.resize(Lanes());
  }

  int64_t tokens() const { return tokens_; }
  int64_t vectors() const { return vectors_; }                     // of a token
  int64_t floats() const { return tokens_ * vectors_ * Lanes(); }  // of all of them
  int64_t Row(int64_t t) const { return t * vectors_ * Lanes(); }  // where token t begins

  void Read(const HeadGroup& group) {
    for (int64_t lane = 0; lane < Lanes(); ++lane) scale[lane] = terms_.scale[group.head[lane]];
    for (int64_t t = 0; t < layout_.seq; ++t) {
      const float* const token = qkv_ + t * layout_.token_stride;
      Lanewise::Read(token + layout_.key_offset, group.input, layout_.size, &keys[Row(t)]);
      Store(Normalise(Broadcast(1), &keys[Row(t)]), &key_inverse[t * Lanes()]);
      Lanewise::Read(token + layout_.value_offset, group.input, layout_.size, &values[Row(t)]);
      if (!layout_.IsQuery(t)) continue;
      Lanewise::Read(token, group.input, layout_.size, &queries[Row(t)]);
      Store(Normalise(Factor(t), &queries[Row(t)]), &query_inverse[t * Lanes()]);
    }
  }

  // Of <q_i, k_j> in the logits.
  Floats Factor(int64_t i) const { return hn::Mul(Broadcast(terms_.row_scale[i]), Load(scale.data())); }

  AlignedVector<float> queries;                     // [tokens, vectors, lanes] times Factor; zeros where none is
  AlignedVector<float> keys, values;                // [tokens, vectors, lanes]
  AlignedVector<float> query_inverse, key_inverse;  // [tokens, lanes] what they were multiplied by to have length 1
  AlignedVector<float> scale;                       // [lanes]

 private:
  // Divides a token's features by their length where unit_norm says so, then multiplies them by `factor`. Returns what
  // the first multiplied them by.
  Floats Normalise(Floats factor, float* features) const {
    Floats inverse = Broadcast(1);
    if (terms_.unit_norm) {
      const Floats squares = LaneDot(features, features, vectors_);
      inverse = hn::Div(Broadcast(1), hn::Sqrt(hn::Add(squares, Broadcast(1e-12f))));
    }
    LaneScale(hn::Mul(inverse, factor), vectors_, features);
    return inverse;
  }

  const AttentionLayout& layout_;
  const AttentionTerms& terms_;
  const float* const qkv_;
  const int64_t tokens_, vectors_;
};

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_ATTENTION_LANE_TOKENS_INL_H_

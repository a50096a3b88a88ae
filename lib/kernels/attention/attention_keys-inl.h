// How attention over long sequences reads keys and values. Compiled once for each set of instructions (Highway's -inl.h
// pattern), so include it after highway.h, in .cc files alone.
#if defined(TALLY_LIB_KERNELS_ATTENTION_KEYS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TALLY_LIB_KERNELS_ATTENTION_KEYS_INL_H_
#undef TALLY_LIB_KERNELS_ATTENTION_KEYS_INL_H_
#else
#define TALLY_LIB_KERNELS_ATTENTION_KEYS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "lib/kernels/aligned_vector.h"
#include "lib/kernels/attention/attention_simd.h"
#include "lib/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {

constexpr int64_t kTile = 256;    // keys whose logits are made together
constexpr int64_t kPiece = 16;    // keys of a tile that are left out together, where they are far; whole vectors
constexpr int64_t kMostRows = 8;  // queries of a block, at most

// Vectors of keys that a block of queries is multiplied by at a time: AVX-512 has registers for two.
constexpr int kVectors = HWY_TARGET <= HWY_AVX3 ? 2 : 1;

// Feature d of token t in columns [vectors, size, lanes] is at ColumnOf(size, t) + d * Lanes().
inline int64_t ColumnOf(int64_t size, int64_t t) { return t / Lanes() * Lanes() * size + t % Lanes(); }

class KeyReader {
 public:
  KeyReader(const AttentionLayout& layout, const AttentionTerms& terms)
      : layout_(layout), terms_(terms), width_(RoundUp(layout.size, Lanes())) {}

  // Tokens layout.begin, ..., end - 1 of head h of sample b, behind those that `keys` has.
  void Read(const float* qkv, int64_t b, int64_t h, int64_t end, AttentionKeys* keys) const {
    Reserve(end, keys);
    const float* const first = qkv + layout_.InputRow(b, h, layout_.begin);
    for (int64_t v = layout_.begin / Lanes() * Lanes(); v < end; v += Lanes()) {
      ReadColumns(first + layout_.key_offset, v, end, keys->columns.data());
    }
    for (int64_t t = layout_.begin; t < end; ++t) {
      const float* const token = first + (t - layout_.begin) * layout_.token_stride;
      CopyPadded(token + layout_.value_offset, layout_.size, &keys->values[t * width_]);
      if (terms_.table != nullptr) ReadIds(b, t, keys);
    }
    std::fill(keys->values.begin() + end * width_, keys->values.begin() + RoundUp(end, kMostRows) * width_, 0.0f);
  }

 private:
  // Room for whole vectors and blocks.
  void Reserve(int64_t end, AttentionKeys* keys) const {
    const int64_t tokens = RoundUp(end, std::max(kMostRows, kVectors * Lanes()));
    if (static_cast<int64_t>(keys->first.size()) >= tokens) return;
    keys->columns.resize(tokens * layout_.size);
    keys->values.resize(tokens * width_);
    for (AlignedVector<int32_t>* ids : {&keys->first, &keys->second}) ids->resize(tokens);
    keys->ranges.resize(RoundUp(tokens, kPiece) / kPiece);
  }

  // Tokens v, ..., v + lanes - 1 as columns, a lane a token, divided by their lengths where unit_norm says so. `first`
  // is the row of token layout.begin; the lanes of earlier tokens stay, those beyond `end` get the last token.
  void ReadColumns(const float* first, int64_t v, int64_t end, float* columns) const {
    const int64_t base = std::max(v, layout_.begin);
    const Ints token = hn::Iota(kInt, static_cast<int32_t>(v - base)), last = SetInt(end - 1 - base);
    const auto stays = hn::RebindMask(kFloat, hn::Lt(token, hn::Zero(kInt)));
    const Ints index = hn::Mul(hn::Max(hn::Min(token, last), hn::Zero(kInt)), SetInt(layout_.token_stride));
    const float* const from = first + (base - layout_.begin) * layout_.token_stride;
    float* const to = columns + ColumnOf(layout_.size, v);
    Floats squares = Broadcast(1e-12f);
    for (int64_t d = 0; d < layout_.size; ++d) {
      const Floats feature = hn::GatherIndex(kFloat, from + d, index);
      squares = hn::MulAdd(feature, feature, squares);
      Store(hn::IfThenElse(stays, Load(to + d * Lanes()), feature), to + d * Lanes());
    }
    if (!terms_.unit_norm) return;
    const Floats inverse = hn::IfThenElse(stays, Broadcast(1), hn::Div(Broadcast(1), hn::Sqrt(squares)));
    for (int64_t d = 0; d < layout_.size; ++d) Store(hn::Mul(inverse, Load(to + d * Lanes())), to + d * Lanes());
  }

  void ReadIds(int64_t b, int64_t t, AttentionKeys* keys) const {
    const int64_t at = b * terms_.ids_batch_stride + t;
    const auto first = static_cast<int32_t>(terms_.first[at]);
    const auto second = static_cast<int32_t>(terms_.second == nullptr ? 0 : terms_.second[at]);
    keys->first[t] = first;
    keys->second[t] = second;
    const AttentionKeys::Range own = {first, first, second, second};
    AttentionKeys::Range& range = keys->ranges[t / kPiece];
    if (t % kPiece == 0) range = own;
    range.Add(own);
  }

  const AttentionLayout& layout_;
  const AttentionTerms& terms_;
  const int64_t width_;
};

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_ATTENTION_KEYS_INL_H_

// What attention's forward and backward pass share: how keys and queries are read, and their logits. Compiled once for
// each set of instructions (Highway's -inl.h pattern), so include it after highway.h, in .cc files alone.
#if defined(TALLY_LIB_KERNELS_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TALLY_LIB_KERNELS_ATTENTION_INL_H_
#undef TALLY_LIB_KERNELS_ATTENTION_INL_H_
#else
#define TALLY_LIB_KERNELS_ATTENTION_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "lib/kernels/attention_simd.h"
#include "lib/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {

using IntTag = hn::RebindToSigned<FloatTag>;
using Ints = hn::Vec<IntTag>;

constexpr IntTag kInt;
constexpr int64_t kTile = 256;    // keys whose logits are made together
constexpr int64_t kMostRows = 8;  // queries of a block, at most
constexpr float kMasked = -std::numeric_limits<float>::infinity();

// Vectors of keys that a block of queries is multiplied by at a time: AVX-512 has registers for two.
constexpr int kVectors = HWY_TARGET <= HWY_AVX3 ? 2 : 1;

inline int64_t RoundUp(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// Whether token i is a query that was asked for: the first and the last block hold others.
inline bool IsQuery(const AttentionLayout& layout, int64_t i) { return i >= layout.first_query && i < layout.seq; }

// Of token i in an output [batch, queries, heads, size], from the first query of its sample on.
inline int64_t OutputRow(const AttentionLayout& layout, int64_t i) {
  return (i - layout.first_query) * layout.heads * layout.size;
}

// Where head h of sample b begins there.
inline int64_t OutputBegin(const AttentionLayout& layout, int64_t b, int64_t h) {
  return (b * layout.queries() * layout.heads + h) * layout.size;
}

// Where token t's query of head h of sample b begins in what `layout` describes.
inline int64_t InputRow(const AttentionLayout& layout, int64_t b, int64_t h, int64_t t) {
  return (b * layout.seq + t) * layout.token_stride + h * layout.head_stride;
}

// Copies `size` floats times `factor`, padded with zeros to whole vectors, divided by their length where `unit_norm`
// says so. Returns what that multiplied them by.
inline float ReadRow(const float* from, int64_t size, bool unit_norm, float factor, float* row) {
  const int64_t width = RoundUp(size, Lanes());
  CopyPadded(from, size, row);
  const float inverse = unit_norm ? 1 / std::sqrt(Dot(row, row, width) + 1e-12f) : 1;
  Scale(inverse * factor, width, row);
  return inverse;
}

// Feature d of token t in columns [vectors, size, lanes] is at ColumnOf(size, t) + d * Lanes().
inline int64_t ColumnOf(int64_t size, int64_t t) { return t / Lanes() * Lanes() * size + t % Lanes(); }

// The keys and values of a sample and head in the order in which they are read.
struct Keys {
  // The smallest and largest ids of a tile of keys.
  struct Range {
    int32_t first_min, first_max, second_min, second_max;
  };

  std::vector<float> columns;          // of keys, [vectors, size, lanes]
  std::vector<float> values;           // [tokens, width]; zeros up to the end of the last block of queries
  std::vector<float> rows;             // of keys, as values; where both ways are asked for
  std::vector<float> value_columns;    // as columns; the same
  std::vector<float> inverse;          // [tokens] what keys were multiplied by
  std::vector<int32_t> first, second;  // [tokens] ids
  std::vector<Range> ranges;           // [tiles]
};

class KeyReader {
 public:
  // `both_ways`: keys and values as rows and as columns, which the backward pass needs.
  KeyReader(const AttentionLayout& layout, const AttentionTerms& terms, bool both_ways)
      : layout_(layout), terms_(terms), both_ways_(both_ways), width_(RoundUp(layout.size, Lanes())) {}

  // Tokens 0, ..., end - 1 of head h of sample b.
  void Read(const float* qkv, int64_t b, int64_t h, int64_t end, Keys* keys) {
    Reserve(end, keys);
    const float* const first = qkv + InputRow(layout_, b, h, 0);
    for (int64_t t = 0; t < end; t += Lanes()) {
      Store(ReadColumns(first + layout_.key_offset, t, end, terms_.unit_norm, keys->columns.data()), &keys->inverse[t]);
      if (both_ways_) ReadColumns(first + layout_.value_offset, t, end, false, keys->value_columns.data());
    }
    for (int64_t t = 0; t < end; ++t) {
      const float* const token = first + t * layout_.token_stride;
      CopyPadded(token + layout_.value_offset, layout_.size, &keys->values[t * width_]);
      if (both_ways_) {
        CopyPadded(token + layout_.key_offset, layout_.size, &keys->rows[t * width_]);
        Scale(keys->inverse[t], width_, &keys->rows[t * width_]);
      }
      if (terms_.table != nullptr) ReadIds(b, t, keys);
    }
    std::fill(keys->values.begin() + end * width_, keys->values.begin() + RoundUp(end, kMostRows) * width_, 0.0f);
  }

 private:
  // Room for whole vectors and blocks.
  void Reserve(int64_t end, Keys* keys) const {
    const int64_t tokens = RoundUp(end, std::max(kMostRows, kVectors * Lanes()));
    if (static_cast<int64_t>(keys->first.size()) >= tokens) return;
    keys->columns.resize(tokens * layout_.size);
    keys->values.resize(tokens * width_);
    if (both_ways_) {
      keys->value_columns.resize(tokens * layout_.size);
      keys->rows.resize(tokens * width_);
    }
    keys->inverse.resize(tokens);
    for (std::vector<int32_t>* ids : {&keys->first, &keys->second}) ids->resize(tokens);
    keys->ranges.resize(RoundUp(tokens, kTile) / kTile);
  }

  // Tokens t, ..., t + lanes - 1 of a head whose first row is at `rows`, as columns, divided by their lengths where
  // `unit_norm` says so; a lane a token, beyond `end` the last token again. Returns what they were multiplied by.
  Floats ReadColumns(const float* rows, int64_t t, int64_t end, bool unit_norm, float* columns) const {
    const Ints last = hn::Set(kInt, static_cast<int32_t>(end - 1 - t));
    const Ints index =
        hn::Mul(hn::Min(hn::Iota(kInt, 0), last), hn::Set(kInt, static_cast<int32_t>(layout_.token_stride)));
    const float* const from = rows + t * layout_.token_stride;
    float* const to = columns + ColumnOf(layout_.size, t);
    Floats squares = Broadcast(1e-12f);
    for (int64_t d = 0; d < layout_.size; ++d) {
      const Floats feature = hn::GatherIndex(kFloat, from + d, index);
      squares = hn::MulAdd(feature, feature, squares);
      Store(feature, to + d * Lanes());
    }
    if (!unit_norm) return Broadcast(1);
    const Floats inverse = hn::Div(Broadcast(1), hn::Sqrt(squares));
    for (int64_t d = 0; d < layout_.size; ++d) Store(hn::Mul(inverse, Load(to + d * Lanes())), to + d * Lanes());
    return inverse;
  }

  void ReadIds(int64_t b, int64_t t, Keys* keys) const {
    const int64_t at = b * terms_.ids_batch_stride + t;
    const auto first = static_cast<int32_t>(terms_.first[at]);
    const auto second = static_cast<int32_t>(terms_.second == nullptr ? 0 : terms_.second[at]);
    keys->first[t] = first;
    keys->second[t] = second;
    Keys::Range& range = keys->ranges[t / kTile];
    if (t % kTile == 0) range = {first, first, second, second};
    range = {std::min(range.first_min, first), std::max(range.first_max, first), std::min(range.second_min, second),
             std::max(range.second_max, second)};
  }

  const AttentionLayout& layout_;
  const AttentionTerms& terms_;
  const bool both_ways_;
  const int64_t width_;
};

// sums[r][v] += sum_k weights[r * stride + k] * the vector at vectors[k * step + v * gap], k < count.
template <int kRows, int kCount>
HWY_INLINE void AddProducts(const float* weights, int64_t stride, const float* vectors, int64_t step, int64_t gap,
                            int64_t count, Floats (&sums)[kRows][kCount]) {
  for (int64_t k = 0; k < count; ++k) {
    Floats read[kCount];
    for (int v = 0; v < kCount; ++v) read[v] = Load(vectors + k * step + v * gap);
    for (int r = 0; r < kRows; ++r) {
      const Floats weight = Broadcast(weights[r * stride + k]);
      for (int v = 0; v < kCount; ++v) sums[r][v] = hn::MulAdd(weight, read[v], sums[r][v]);
    }
  }
}

// out[r, v] = init(r, v) + <queries[r], keys of vector v>, kRows queries and kCount vectors; queries [kRows, width],
// out [kRows, stride].
template <int kRows, int kCount, typename Init>
HWY_INLINE void Multiply(const float* queries, int64_t width, const float* columns, int64_t size, int64_t stride,
                         const Init& init, float* out) {
  Floats sums[kRows][kCount];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kCount; ++v) sums[r][v] = init(r, v);
  }
  AddProducts(queries, width, columns, Lanes(), size * Lanes(), size, sums);
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kCount; ++v) Store(sums[r][v], out + r * stride + v * Lanes());
  }
}

// The logits of one sample and head.
class Logits {
 public:
  Logits(const AttentionLayout& layout, const AttentionTerms& terms)
      : layout_(layout),
        terms_(terms),
        width_(RoundUp(layout.size, Lanes())),
        table_(RoundUp(terms.columns(), Lanes())) {}

  // To be called before the others; `keys` must outlive them.
  void Of(int64_t b, int64_t h, const Keys* keys) {
    b_ = b;
    h_ = h;
    keys_ = keys;
    if (terms_.table != nullptr) std::copy_n(terms_.table + h * terms_.columns(), terms_.columns(), table_.begin());
  }

  // Reads `rows` queries from token `begin` on, times Factor; zeros for tokens that are none. [rows, width]. `inverse`
  // [rows], or null, gets what each was divided by length with.
  void ReadQueries(const float* qkv, int64_t begin, int64_t rows, float* queries, float* inverse) const {
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t i = begin + r;
      float* const row = queries + r * width_;
      if (!IsQuery(layout_, i)) {
        std::fill_n(row, width_, 0.0f);
        continue;
      }
      const float* const from = qkv + InputRow(layout_, b_, h_, i);
      const float unit = ReadRow(from, layout_.size, terms_.unit_norm, Factor(i), row);
      if (inverse != nullptr) inverse[r] = unit;
    }
  }

  // Factor of <q_i, k_j> in the logits; 0 for rows that pad the last block.
  float Factor(int64_t i) const { return RowScale(i) * terms_.scale[h_]; }
  float RowScale(int64_t i) const { return i < layout_.seq ? terms_.row_scale[i] : 0; }

  // logits [kRows, stride] of queries begin, ..., begin + kRows - 1 for `count` keys from `key` on, a multiple of
  // kTile, or up to the end of their last vector; -infinity for keys after their query. count <= kTile.
  template <int kRows>
  void Tile(const float* queries, int64_t begin, int64_t key, int64_t count, int64_t stride, float* logits) const {
    float constant[kRows] = {};
    if (IsConstant<kRows>(begin, key, count, constant)) {
      return MultiplyAll<kRows>(
          queries, key, count, stride, [&](int r, const float*) { return Broadcast(constant[r]); }, logits);
    }
    for (int r = 0; r < kRows; ++r) {
      for (int64_t j = 0; j < count; j += Lanes()) Store(TermsOf(begin + r, key + j), logits + r * stride + j);
    }
    MultiplyAll<kRows>(
        queries, key, count, stride, [](int, const float* at) { return Load(at); }, logits);
  }

  // The table's columns for query i and the keys of the vector at `j`.
  Ints Columns(int64_t i, int64_t j) const {
    const Ints columns = Clipped(keys_->first, terms_.clip, i, j);
    if (terms_.second == nullptr) return columns;
    const Ints inner = hn::Set(kInt, static_cast<int32_t>(2 * terms_.second_clip + 1));
    return hn::Add(hn::Mul(columns, inner), Clipped(keys_->second, terms_.second_clip, i, j));
  }

 private:
  template <int kRows, typename Init>
  void MultiplyAll(const float* queries, int64_t key, int64_t count, int64_t stride, const Init& init,
                   float* logits) const {
    const float* const columns = &keys_->columns[ColumnOf(layout_.size, key)];
    const int64_t step = kVectors * Lanes();
    int64_t j = 0;
    const auto init_at = [&](int r, int v) { return init(r, logits + r * stride + j + v * Lanes()); };
    for (; j + step <= RoundUp(count, Lanes()); j += step) {
      Multiply<kRows, kVectors>(queries, width_, columns + j * layout_.size, layout_.size, stride, init_at, logits + j);
    }
    for (; j < count; j += Lanes()) {
      Multiply<kRows, 1>(queries, width_, columns + j * layout_.size, layout_.size, stride, init_at, logits + j);
    }
  }

  // Whether each query has one term for all these keys, as most do: far from a query's own weight all differences of
  // ids are clipped. Sets these terms.
  template <int kRows>
  bool IsConstant(int64_t begin, int64_t key, int64_t count, float* constant) const {
    if (terms_.bias != nullptr || key + RoundUp(count, Lanes()) > begin + 1) return false;
    if (terms_.table == nullptr) return true;
    const Keys::Range& range = keys_->ranges[key / kTile];
    for (int64_t r = 0; r < kRows; ++r) {
      const int64_t first = keys_->first[begin + r], second = keys_->second[begin + r];
      const int64_t low = ClippedColumn(first - range.first_max, second - range.second_max);
      if (low != ClippedColumn(first - range.first_min, second - range.second_min)) return false;
      constant[r] = RowScale(begin + r) * table_[low];
    }
    return true;
  }

  // Rises with both differences.
  int64_t ClippedColumn(int64_t first, int64_t second) const {
    const auto clipped = [](int64_t x, int64_t clip) { return std::clamp(x, -clip, clip) + clip; };
    return clipped(first, terms_.clip) * (2 * terms_.second_clip + 1) + clipped(second, terms_.second_clip);
  }

  // What the logits of query i are beside the product, for the keys of the vector at `j`; -infinity after it.
  Floats TermsOf(int64_t i, int64_t j) const {
    Floats sum = hn::Zero(kFloat);
    if (terms_.table != nullptr) sum = hn::Mul(Broadcast(RowScale(i)), OfTable(Columns(i, j)));
    if (terms_.bias != nullptr && i < layout_.seq) sum = hn::Add(sum, Bias(i, j));
    if (j + Lanes() <= i + 1) return sum;
    const auto up_to_query = hn::FirstN(kFloat, static_cast<size_t>(std::max<int64_t>(i + 1 - j, 0)));
    return hn::IfThenElse(up_to_query, sum, Broadcast(kMasked));
  }

  static Ints Clipped(const std::vector<int32_t>& ids, int64_t clip, int64_t i, int64_t j) {
    const Ints c = hn::Set(kInt, static_cast<int32_t>(clip));
    const Ints difference = hn::Sub(hn::Set(kInt, ids[i]), hn::LoadU(kInt, &ids[j]));
    return hn::Add(hn::Max(hn::Min(difference, c), hn::Neg(c)), c);
  }

  Floats OfTable(Ints columns) const {
    if (terms_.columns() > Lanes()) return hn::GatherIndex(kFloat, table_.data(), columns);
    return hn::TableLookupLanes(Load(table_.data()), hn::IndicesFromVec(kFloat, columns));
  }

  Floats Bias(int64_t i, int64_t j) const {
    const float* const row =
        terms_.bias + b_ * terms_.bias_batch_stride + h_ * terms_.bias_head_stride + i * layout_.seq + j;
    return Load(row, layout_.seq - j);
  }

  const AttentionLayout& layout_;
  const AttentionTerms& terms_;
  const int64_t width_;
  std::vector<float> table_;  // [columns] of this head, padded
  const Keys* keys_ = nullptr;
  int64_t b_ = 0, h_ = 0;
};

// exp(x) / 2^shift for whole numbers `shift`; 0 where the result is no normal number, and so for -infinity.
//
// exp(x) = 2^(n + f), n = round(x log2(e)): adding 1.5 * 2^23 rounds to whole numbers, which then stand in the low
// bits; 2^f on [-.5, .5] by a polynomial of degree 5, the minimax one in relative error, within 1.5e-7.
class Exponential {
 public:
  explicit Exponential(float shift)
      : magic_(Broadcast(12582912.0f - shift)), least_(Broadcast((shift - 126) * 0.69314718f)) {}

  HWY_INLINE Floats operator()(Floats x) const {
    const Floats log2e = Broadcast(1.44269504f);
    const Floats shifted = hn::MulAdd(x, log2e, magic_);
    const Floats f = hn::MulSub(x, log2e, hn::Sub(shifted, magic_));
    Floats p = hn::MulAdd(f, Broadcast(0.00132764686f), Broadcast(0.00967554135f));
    p = hn::MulAdd(f, p, Broadcast(0.0555071329f));
    p = hn::MulAdd(f, p, Broadcast(0.240221197f));
    p = hn::MulAdd(f, p, Broadcast(0.693146967f));
    p = hn::MulAdd(f, p, Broadcast(1.0f));
    const Ints exponent = hn::ShiftLeft<23>(hn::BitCast(kInt, shifted));
    return hn::IfThenElseZero(hn::Gt(x, least_), hn::BitCast(kFloat, hn::Add(hn::BitCast(kInt, p), exponent)));
  }

 private:
  const Floats magic_, least_;
};

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_ATTENTION_INL_H_

// The logits of blocks of queries and tiles of keys, for attention over long sequences. Compiled once for each set of
// instructions (Highway's -inl.h pattern), so include it after highway.h, in .cc files alone.
#if defined(TALLY_LIB_KERNELS_ATTENTION_LOGITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TALLY_LIB_KERNELS_ATTENTION_LOGITS_INL_H_
#undef TALLY_LIB_KERNELS_ATTENTION_LOGITS_INL_H_
#else
#define TALLY_LIB_KERNELS_ATTENTION_LOGITS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "lib/kernels/aligned_vector.h"
#include "lib/kernels/attention/attention_keys-inl.h"
#include "lib/kernels/attention/attention_simd.h"
#include "lib/kernels/attention/relative_column-inl.h"
#include "lib/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {

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
  void Begin(int64_t b, int64_t h, const AttentionKeys* keys) {
    b_ = b;
    h_ = h;
    keys_ = keys;
    recurrence_ = terms_.RecurrenceOf(b);
    if (terms_.table == nullptr) return;
    std::copy_n(terms_.table + h * terms_.columns(), terms_.columns(), table_.begin());
    excludes_ = *std::min_element(table_.begin(), table_.begin() + terms_.columns()) < -kExcluded;
  }

  // Whether queries may pass over keys that the table gives no weight.
  bool LeavesOutKeys() const { return excludes_ && terms_.bias == nullptr; }

  // Calls use(key, count) for the runs of keys of which queries begin, ..., begin + rows - 1 can see any, where the
  // table leaves keys out: from a multiple of kPiece on, at most kTile.
  template <typename Use>
  void ForEachRun(int64_t begin, int64_t rows, const Use& use) const {
    const QueryRange queries = RangeOfQueries(begin, rows);
    const int64_t end = begin + rows;
    for (int64_t tile = 0; tile < end; tile += kTile) {
      const int64_t tile_end = std::min(tile + kTile, end);
      if (IsExcluded(queries, tile, tile_end - tile)) continue;  // as most are in a long line
      int64_t first = tile;                                      // of the run that goes on
      for (int64_t j = tile; j < tile_end; j += kPiece) {
        if (!IsExcluded(queries, j, std::min(kPiece, tile_end - j))) continue;
        if (j > first) use(first, j - first);
        first = j + kPiece;
      }
      if (tile_end > first) use(first, tile_end - first);
    }
  }

  // Reads `rows` queries from token `begin` on, padded with zeros to whole vectors, divided by their lengths where
  // unit_norm says so, times Factor; zeros for tokens that are none. [rows, width].
  void ReadQueries(const float* qkv, int64_t begin, int64_t rows, float* queries) const {
    std::fill_n(queries, rows * width_, 0.0f);
    for (int64_t i = std::max(begin, layout_.first_query); i < std::min(begin + rows, layout_.seq); ++i) {
      float* const row = queries + (i - begin) * width_;
      CopyPadded(qkv + layout_.InputRow(b_, h_, i), layout_.size, row);
      const float length = terms_.unit_norm ? std::sqrt(Dot(row, row, width_) + 1e-12f) : 1;
      Scale(Factor(i) / length, width_, row);
    }
  }

  // logits [kRows, stride] of queries begin, ..., begin + kRows - 1 for `count` keys of a tile from `key` on, a
  // multiple of kPiece, or up to the end of their last vector; -infinity for keys after their query.
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

 private:
  // e to minus this is 0, whatever a product adds to it.
  static constexpr float kExcluded = 1e6f;

  // Factor of <q_i, k_j> in the logits; 0 for rows that pad the last block.
  float Factor(int64_t i) const { return RowScale(i) * terms_.scale[h_]; }
  float RowScale(int64_t i) const { return i < layout_.seq ? terms_.row_scale[i] : 0; }

  // The table's columns for query i and the keys of the vector at `j`.
  Ints Columns(int64_t i, int64_t j) const {
    const Ints second = terms_.second == nullptr ? hn::Zero(kInt) : Difference(keys_->second, i, j);
    const Ints counted = hn::LoadU(kInt, &(terms_.clips.count_second ? keys_->second : keys_->first)[j]);
    return RelativeColumnsOf(terms_.clips, Difference(keys_->first, i, j), second, counted, SetInt(recurrence_));
  }

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
    const AttentionKeys::Range keys = RangeOf(key, count);
    for (int64_t r = 0; r < kRows; ++r) {
      const int32_t first = keys_->first[begin + r], second = keys_->second[begin + r];
      const auto [low, high] = ColumnsOf({first, first, second, second}, keys);
      if (low != high) return false;
      constant[r] = RowScale(begin + r) * table_[low];
    }
    return true;
  }

  // The smallest and largest ids of these keys, and perhaps of others in their first and last piece.
  AttentionKeys::Range RangeOf(int64_t key, int64_t count) const {
    AttentionKeys::Range all = keys_->ranges[key / kPiece];
    for (int64_t piece = key / kPiece + 1; piece * kPiece < key + count; ++piece) {
      all.Add(keys_->ranges[piece]);
    }
    return all;
  }

  // The lowest and the highest of the columns that queries and keys with ids in these ranges may have.
  std::pair<int64_t, int64_t> ColumnsOf(const AttentionKeys::Range& queries, const AttentionKeys::Range& keys) const {
    const bool by_second = terms_.clips.count_second;
    const auto column = [&](int64_t first, int64_t second, int64_t counted) {
      return RelativeColumnOf(terms_.clips, first, second, counted, recurrence_);
    };
    return {column(int64_t{queries.first_min} - keys.first_max, int64_t{queries.second_min} - keys.second_max,
                   by_second ? keys.second_min : keys.first_min),
            column(int64_t{queries.first_max} - keys.first_min, int64_t{queries.second_max} - keys.second_min,
                   by_second ? keys.second_max : keys.first_max)};
  }

  // Some queries: the first of them, the smallest and largest of their ids, the least row scale, and the least that the
  // table has for one as its own key.
  struct QueryRange {
    int64_t begin = 0;
    AttentionKeys::Range ids = {};
    float row_scale = std::numeric_limits<float>::infinity(), own = std::numeric_limits<float>::infinity();
  };

  // Queries begin, ..., begin + rows - 1, or up to the last.
  QueryRange RangeOfQueries(int64_t begin, int64_t rows) const {
    QueryRange range = {.begin = begin};
    for (int64_t i = begin; i < std::min(begin + rows, layout_.seq); ++i) {
      const int32_t first = keys_->first[i], second = keys_->second[i];
      if (i == begin) range.ids = {first, first, second, second};
      range.ids.Add({first, first, second, second});
      const int64_t counted = terms_.clips.count_second ? second : first;
      const float own = table_[RelativeColumnOf(terms_.clips, 0, 0, counted, recurrence_)];
      range.row_scale = std::min(range.row_scale, RowScale(i));
      range.own = std::min(range.own, RowScale(i) * own);
    }
    return range;
  }

  // Whether no query gives these keys any weight: they have one column, with so much less than each query has for
  // itself that no product makes up for it.
  bool IsExcluded(const QueryRange& queries, int64_t key, int64_t count) const {
    if (key + count > queries.begin) return false;
    const auto [low, high] = ColumnsOf(queries.ids, RangeOf(key, count));
    const float most = queries.row_scale * table_[low];
    return low == high && most <= -kExcluded && queries.own - most >= kExcluded;
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

  static Ints Difference(const AlignedVector<int32_t>& ids, int64_t i, int64_t j) {
    return hn::Sub(SetInt(ids[i]), hn::LoadU(kInt, &ids[j]));
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
  AlignedVector<float> table_;  // [columns] of this head, padded
  bool excludes_ = false;       // some column is so low that its keys may be left out
  const AttentionKeys* keys_ = nullptr;
  int64_t b_ = 0, h_ = 0, recurrence_ = 0;
};

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_ATTENTION_LOGITS_INL_H_

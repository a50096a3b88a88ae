// What the logits of a group of heads, one in each lane, are beside the product of query and key, and the gradients of
// that. Compiled once for each set of instructions (Highway's -inl.h pattern), so include it after highway.h, in .cc
// files alone.
#if defined(TALLY_LIB_KERNELS_ATTENTION_LANE_TERMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TALLY_LIB_KERNELS_ATTENTION_LANE_TERMS_INL_H_
#undef TALLY_LIB_KERNELS_ATTENTION_LANE_TERMS_INL_H_
#else
#define TALLY_LIB_KERNELS_ATTENTION_LANE_TERMS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "lib/kernels/aligned_vector.h"
#include "lib/kernels/attention/attention_lanes-inl.h"
#include "lib/kernels/attention/attention_simd.h"
#include "lib/kernels/attention/relative_column-inl.h"
#include "lib/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {

constexpr int64_t kFewColumns = 8;  // of a table, whose gradients are added by a comparison each

// Blocks are the kSide queries from token i on and the kSide keys from token j on, multiples of kSide, j <= i.
class LaneTerms {
 public:
  LaneTerms(const AttentionLayout& layout, const AttentionTerms& terms, const AttentionGradients& gradients)
      : layout_(layout),
        terms_(terms),
        gradients_(gradients),
        first_(terms.first, layout.seq),
        second_(terms.second, layout.seq),
        table_(terms.columns() * Lanes()),
        table_gradient_(table_.size()),
        row_(Lanewise::Vectors(kSide) * Lanes()) {}

  // To be called before the others.
  void Read(const HeadGroup& group) {
    for (int64_t lane = 0; lane < Lanes(); ++lane) {
      bias_[lane] = group.sample[lane] * terms_.bias_batch_stride + group.head[lane] * terms_.bias_head_stride;
      bias_gradient_[lane] = group.number[lane] * layout_.seq * layout_.seq;
      for (int64_t c = 0; terms_.table != nullptr && c < terms_.columns(); ++c) {
        table_[c * Lanes() + lane] = terms_.table[group.head[lane] * terms_.columns() + c];
      }
    }
    count_ = group.count;
    std::fill(table_gradient_.begin(), table_gradient_.end(), 0.0f);
    for (LaneIds* ids : {&first_, &second_}) ids->Read(group, terms_.ids_batch_stride);
    for (int64_t lane = 0; lane < Lanes(); ++lane) {
      recurrence_[lane] = static_cast<int32_t>(terms_.RecurrenceOf(group.sample[lane]));
    }
  }

  // The table's columns for a block: the index in [columns, lanes] of the one column that each lane has for all of the
  // block's pairs, as most blocks have (far from a query's own weight all differences of ids are clipped), or not
  // `constant`.
  struct Columns {
    Ints index;
    bool constant;
  };
  HWY_INLINE Columns ColumnsOf(int64_t i, int64_t j) const {
    if (terms_.table == nullptr) return {hn::Zero(kInt), true};
    const Ints none = hn::Zero(kInt);
    const Ints low = Index(first_.LeastDifference(i, j), second_.exists() ? second_.LeastDifference(i, j) : none,
                           Counted().LeastOfBlock(j));
    const Ints high = Index(first_.MostDifference(i, j), second_.exists() ? second_.MostDifference(i, j) : none,
                            Counted().MostOfBlock(j));
    return {low, hn::AllTrue(kInt, hn::Eq(low, high))};
  }

  void AddTo(int64_t i, int64_t j, const Columns& columns, Pairs& logits) {
    if (terms_.table != nullptr) AddTable(i, j, columns, logits);
    if (terms_.bias != nullptr) AddBias(i, j, logits);
  }

  // Adds the gradients of table and bias, given those of the logits.
  void AddGradients(int64_t i, int64_t j, const Columns& columns, const Pairs& gradients) {
    if (terms_.table != nullptr) AddTableGradient(i, j, columns, gradients);
    if (gradients_.bias != nullptr) WriteBiasGradient(i, j, gradients);
  }

  // Writes the gradient of the group's tables.
  void Finish(const HeadGroup& group) const {
    if (gradients_.table == nullptr) return;
    for (int64_t lane = 0; lane < group.count; ++lane) {
      for (int64_t c = 0; c < terms_.columns(); ++c) {
        gradients_.table[group.number[lane] * terms_.columns() + c] = table_gradient_[c * Lanes() + lane];
      }
    }
  }

 private:
  // The ids of one coordinate; none where `ids` is null.
  class LaneIds {
   public:
    LaneIds(const int64_t* ids, int64_t seq)
        : ids_(ids),
          seq_(seq),
          lanes_(ids == nullptr ? 0 : RoundUp(seq, kSide) * Lanes()),
          least_(lanes_.size() / kSide),
          most_(least_.size()) {}

    bool exists() const { return ids_ != nullptr; }

    void Read(const HeadGroup& group, int64_t batch_stride) {
      if (!exists()) return;
      for (int64_t t = 0; t < RoundUp(seq_, kSide); ++t) {
        for (int64_t lane = 0; lane < Lanes(); ++lane) {
          const int64_t at = group.sample[lane] * batch_stride + std::min(t, seq_ - 1);
          lanes_[t * Lanes() + lane] = static_cast<int32_t>(ids_[at]);
        }
        int32_t* const least = &least_[t / kSide * Lanes()];
        int32_t* const most = &most_[t / kSide * Lanes()];
        const Ints id = At(t);
        hn::StoreU(t % kSide == 0 ? id : hn::Min(id, hn::LoadU(kInt, least)), kInt, least);
        hn::StoreU(t % kSide == 0 ? id : hn::Max(id, hn::LoadU(kInt, most)), kInt, most);
      }
    }

    HWY_INLINE Ints At(int64_t t) const { return hn::LoadU(kInt, &lanes_[t * Lanes()]); }
    HWY_INLINE Ints Difference(int64_t i, int64_t j) const { return hn::Sub(At(i), At(j)); }

    // The least and the most of these in a block.
    HWY_INLINE Ints LeastOfBlock(int64_t t) const { return OfBlock(least_, t); }
    HWY_INLINE Ints MostOfBlock(int64_t t) const { return OfBlock(most_, t); }
    HWY_INLINE Ints LeastDifference(int64_t i, int64_t j) const { return hn::Sub(LeastOfBlock(i), MostOfBlock(j)); }
    HWY_INLINE Ints MostDifference(int64_t i, int64_t j) const { return hn::Sub(MostOfBlock(i), LeastOfBlock(j)); }

   private:
    static HWY_INLINE Ints OfBlock(const AlignedVector<int32_t>& ids, int64_t t) {
      return hn::LoadU(kInt, &ids[t / kSide * Lanes()]);
    }

    const int64_t* const ids_;
    const int64_t seq_;
    AlignedVector<int32_t> lanes_;         // [tokens, lanes]; beyond the last token its id
    AlignedVector<int32_t> least_, most_;  // [blocks, lanes]
  };

  float RowScale(int64_t i) const { return i < layout_.seq ? terms_.row_scale[i] : 0; }

  // The ids that the recurrence counts by.
  HWY_INLINE const LaneIds& Counted() const { return terms_.clips.count_second ? second_ : first_; }

  // Index in [columns, lanes] of the table's column, from differences of ids and the key's id that the recurrence
  // counts by.
  HWY_INLINE Ints Index(Ints difference, Ints second, Ints key) const {
    const Ints column = RelativeColumnsOf(terms_.clips, difference, second, key, hn::LoadU(kInt, recurrence_));
    return hn::Add(hn::Mul(column, SetInt(Lanes())), hn::Iota(kInt, 0));
  }
  HWY_INLINE Ints IndexOfPair(int64_t i, int64_t j) const {
    return Index(first_.Difference(i, j), second_.exists() ? second_.Difference(i, j) : hn::Zero(kInt),
                 Counted().At(j));
  }

  HWY_INLINE void AddTable(int64_t i, int64_t j, const Columns& columns, Pairs& logits) const {
    Floats term = hn::GatherIndex(kFloat, table_.data(), columns.index);
    for (int64_t r = 0; r < kSide; ++r) {
      const Floats scale = Broadcast(RowScale(i + r));
      for (int64_t c = 0; c < kSide; ++c) {
        if (!columns.constant) term = hn::GatherIndex(kFloat, table_.data(), IndexOfPair(i + r, j + c));
        logits[r][c] = hn::MulAdd(scale, term, logits[r][c]);
      }
    }
  }

  HWY_INLINE void AddTableGradient(int64_t i, int64_t j, const Columns& columns, const Pairs& gradients) {
    if (columns.constant) {
      Floats sum = hn::Zero(kFloat);
      for (int64_t r = 0; r < kSide; ++r) {
        Floats row = gradients[r][0];
        for (int64_t c = 1; c < kSide; ++c) row = hn::Add(row, gradients[r][c]);
        sum = hn::MulAdd(Broadcast(RowScale(i + r)), row, sum);
      }
      AddAt(columns.index, sum);
    } else if (terms_.columns() <= kFewColumns) {
      AddToFewColumns(i, j, gradients);
    } else {
      for (int64_t r = 0; r < kSide; ++r) {
        for (int64_t c = 0; c < kSide; ++c) {
          AddAt(IndexOfPair(i + r, j + c), hn::Mul(Broadcast(RowScale(i + r)), gradients[r][c]));
        }
      }
    }
  }

  HWY_INLINE void AddAt(Ints index, Floats gradient) {
    const Floats sum = hn::Add(hn::GatherIndex(kFloat, table_gradient_.data(), index), gradient);
    hn::ScatterIndex(sum, kFloat, table_gradient_.data(), index);
  }

  HWY_INLINE void AddToFewColumns(int64_t i, int64_t j, const Pairs& gradients) {
    Ints indices[kSide][kSide];
    Pairs scaled;
    for (int64_t r = 0; r < kSide; ++r) {
      for (int64_t c = 0; c < kSide; ++c) {
        indices[r][c] = IndexOfPair(i + r, j + c);
        scaled[r][c] = hn::Mul(Broadcast(RowScale(i + r)), gradients[r][c]);
      }
    }
    for (int64_t column = 0; column < terms_.columns(); ++column) {
      const Ints index = hn::Iota(kInt, static_cast<int32_t>(column * Lanes()));
      Floats sums[kSide];  // one for each key: several additions at a time
      for (int64_t r = 0; r < kSide; ++r) {
        for (int64_t c = 0; c < kSide; ++c) {
          const auto here = hn::RebindMask(kFloat, hn::Eq(indices[r][c], index));
          const Floats term = hn::IfThenElseZero(here, scaled[r][c]);
          sums[c] = r == 0 ? term : hn::Add(sums[c], term);
        }
      }
      for (int64_t c = 1; c < kSide; ++c) sums[0] = hn::Add(sums[0], sums[c]);
      float* const at = &table_gradient_[column * Lanes()];
      Store(hn::Add(Load(at), sums[0]), at);
    }
  }

  void AddBias(int64_t i, int64_t j, Pairs& logits) {
    for (int64_t r = 0; r < kSide && i + r < layout_.seq; ++r) {
      const int64_t keys = std::min(kSide, layout_.seq - j);
      Lanewise::Read(terms_.bias + (i + r) * layout_.seq + j, bias_, keys, row_.data());
      for (int64_t c = 0; c < keys; ++c) logits[r][c] = hn::Add(logits[r][c], Load(&row_[c * Lanes()]));
    }
  }

  void WriteBiasGradient(int64_t i, int64_t j, const Pairs& gradients) {
    for (int64_t r = 0; r < kSide; ++r) {
      if (!layout_.IsQuery(i + r)) continue;
      for (int64_t c = 0; c < kSide; ++c) Store(gradients[r][c], &row_[c * Lanes()]);
      Lanewise::Write(row_.data(), bias_gradient_, std::min(kSide, i + r + 1 - j), count_,
                      gradients_.bias + (i + r) * layout_.seq + j);
    }
  }

  const AttentionLayout& layout_;
  const AttentionTerms& terms_;
  const AttentionGradients gradients_;
  LaneIds first_, second_;
  int32_t recurrence_[HeadGroup::kMost] = {};
  AlignedVector<float> table_;                                        // [columns, lanes]
  AlignedVector<float> table_gradient_;                               // [columns, lanes]
  AlignedVector<float> row_;                                          // [Vectors(kSide), lanes] of a query's bias
  int64_t bias_[HeadGroup::kMost], bias_gradient_[HeadGroup::kMost];  // where a lane's matrix begins
  int64_t count_ = 0;
};

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_ATTENTION_LANE_TERMS_INL_H_

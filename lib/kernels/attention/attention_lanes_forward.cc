// The forward pass of many short sequences: a group of heads, one in each lane of the vectors (attention_lanes-inl.h).
//
//   1. Queries, keys and values are brought into lanes, once for the whole sequence.
//   2. The logits of a block of queries with all keys up to it are made and kept, then turned into weights relative to
//      the largest one, with which the values are added.
#include "lib/kernels/attention/attention_simd.h"

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/attention/attention_lanes_forward.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include "lib/kernels/attention/attention_lane_terms-inl.h"
#include "lib/kernels/attention/attention_lane_tokens-inl.h"
#include "lib/kernels/attention/attention_lanes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t kLongest = 1024;  // tokens: more have too many logits a block, and outgrow the caches

class GroupForward {
 public:
  GroupForward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv)
      : layout_(layout),
        tokens_(layout, terms, qkv),
        terms_(layout, terms, AttentionGradients()),
        logits_(tokens_.tokens() * kSide * Lanes()),
        out_(kSide * tokens_.vectors() * Lanes()) {}

  void Run(int64_t number, float* out, float* log_sum_exp) {
    const HeadGroup group(layout_, number);
    tokens_.Read(group);
    terms_.Read(group);
    for (int64_t i = FirstBlock(layout_); i < layout_.seq; i += kSide) {
      Floats largest[kSide], sums[kSide];
      MakeLogits(i, largest);
      AddValues(i, largest, sums);
      for (int64_t r = 0; r < kSide; ++r) {
        if (!layout_.IsQuery(i + r)) continue;
        float* const row = &out_[r * tokens_.vectors() * Lanes()];
        LaneScale(hn::Div(Broadcast(1), sums[r]), tokens_.vectors(), row);
        Lanewise::Write(row, group.output, layout_.size, group.count, out + layout_.OutputRow(i + r));
        if (log_sum_exp == nullptr) continue;
        HWY_ALIGN float lanes[HeadGroup::kMost];
        Store(hn::Add(largest[r], hn::Log(kFloat, sums[r])), lanes);
        for (int64_t lane = 0; lane < group.count; ++lane) {
          log_sum_exp[group.number[lane] * layout_.seq + i + r] = lanes[lane];
        }
      }
    }
  }

 private:
  // The logits of queries i, ..., i + kSide - 1 with all keys up to them, [keys, queries, lanes], and their largest.
  void MakeLogits(int64_t i, Floats* largest) {
    std::fill_n(largest, kSide, Broadcast(kMasked));
    for (int64_t j = 0; j <= i; j += kSide) {
      Pairs p;
      Multiply(&tokens_.queries[tokens_.Row(i)], &tokens_.keys[tokens_.Row(j)], tokens_.vectors(), p);
      terms_.AddTo(i, j, terms_.ColumnsOf(i, j), p);
      for (int64_t r = 0; r < kSide; ++r) {
        for (int64_t c = 0; c < kSide; ++c) {
          const Floats logit = j + c > i + r ? Broadcast(kMasked) : p[r][c];
          largest[r] = hn::Max(largest[r], logit);
          Store(logit, At(j + c, r));
        }
      }
    }
  }

  // out <- the sums of exp(logit - largest) v_j, and the sums of these weights.
  void AddValues(int64_t i, const Floats* largest, Floats* sums) {
    const Exponential exponential(0);
    std::fill_n(sums, kSide, hn::Zero(kFloat));
    std::fill(out_.begin(), out_.end(), 0.0f);
    for (int64_t j = 0; j <= i; j += kSide) {
      Pairs p;  // of key and query
      for (int64_t c = 0; c < kSide; ++c) {
        for (int64_t r = 0; r < kSide; ++r) {
          p[c][r] = exponential(hn::Sub(Load(At(j + c, r)), largest[r]));
          sums[r] = hn::Add(sums[r], p[c][r]);
        }
      }
      AddScaled(p, &tokens_.values[tokens_.Row(j)], tokens_.vectors(), out_.data());
    }
  }

  float* At(int64_t j, int64_t r) { return &logits_[(j * kSide + r) * Lanes()]; }

  const AttentionLayout& layout_;
  LaneTokens tokens_;
  LaneTerms terms_;
  AlignedVector<float> logits_;  // [tokens, kSide, lanes] of a block of queries
  AlignedVector<float> out_;     // [kSide, vectors, lanes] of the block
};

void Forward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, int64_t first, int64_t last,
             float* out, float* log_sum_exp) {
  GroupForward forward(layout, terms, qkv);
  for (int64_t group = first; group < last; ++group) forward.Run(group, out, log_sum_exp);
}

int64_t LaneCount() { return Lanes(); }

int64_t Groups(const AttentionLayout& layout) { return (layout.batch * layout.heads + Lanes() - 1) / Lanes(); }

// Lanes that are left over do work for nothing.
bool Suits(const AttentionLayout& layout) {
  return layout.seq <= kLongest && 4 * layout.batch * layout.heads >= 3 * Groups(layout) * Lanes();
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tally {

HWY_EXPORT(Forward);
HWY_EXPORT(LaneCount);
HWY_EXPORT(Groups);
HWY_EXPORT(Suits);

int64_t AttentionLanes() { return HWY_DYNAMIC_DISPATCH(LaneCount)(); }

int64_t AttentionGroups(const AttentionLayout& layout) { return HWY_DYNAMIC_DISPATCH(Groups)(layout); }

bool LanesFit(const AttentionLayout& layout) { return HWY_DYNAMIC_DISPATCH(Suits)(layout); }

void AttentionLanesForward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, int64_t first,
                           int64_t last, float* out, float* log_sum_exp) {
  HWY_DYNAMIC_DISPATCH(Forward)(layout, terms, qkv, first, last, out, log_sum_exp);
}

}  // namespace tally
#endif  // HWY_ONCE

// A group of heads, one in each lane of the vectors (attention_lanes-inl.h).
//
//   1. Queries, keys, values and the gradient of the output are brought into lanes, once for the whole sequence.
//   2. Block by block of queries and keys, probabilities are made again from the saved log-sum-exp, and what the
//      gradients of logits give is added to those of values, keys, queries, table and bias.
//   3. The gradients of queries and keys are led through scale and norm, and written back from the lanes.
#include "lib/kernels/attention/attention_simd.h"

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/attention/attention_backward.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lib/kernels/attention/attention_lane_terms-inl.h"
#include "lib/kernels/attention/attention_lane_tokens-inl.h"
#include "lib/kernels/attention/attention_lanes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

// This many queries stay in the caches while all keys go by.
constexpr int64_t kRound = 64;
static_assert(kRound % kSide == 0);

// What tokens that are not queries have as log-sum-exp: no probability at all.
constexpr float kNoQuery = 1e30f;

// The tensors of one backward pass.
struct Arguments {
  const AttentionLayout& layout;
  const AttentionTerms& terms;
  const float* qkv;
  const float* out;
  const float* log_sum_exp;
  const float* grad_out;
  const AttentionGradients& gradients;
};

// The gradient of the output, and what turns it into that of logits.
class LaneOutputs {
 public:
  LaneOutputs(const Arguments& arguments, const LaneTokens& tokens)
      : grad_out(tokens.floats()),
        log_sum_exp(tokens.tokens() * Lanes(), kNoQuery),
        dots(tokens.tokens() * Lanes()),
        in_(arguments),
        vectors_(tokens.vectors()),
        out_(vectors_ * Lanes()) {}

  void Read(const HeadGroup& group) {
    for (int64_t t = in_.layout.first_query; t < in_.layout.seq; ++t) {
      const int64_t row = in_.layout.OutputRow(t);
      float* const gradient = &grad_out[t * vectors_ * Lanes()];
      Lanewise::Read(in_.out + row, group.output, in_.layout.size, out_.data());
      Lanewise::Read(in_.grad_out + row, group.output, in_.layout.size, gradient);
      Store(LaneDot(out_.data(), gradient, vectors_), &dots[t * Lanes()]);
      for (int64_t lane = 0; lane < Lanes(); ++lane) {
        log_sum_exp[t * Lanes() + lane] = in_.log_sum_exp[group.number[lane] * in_.layout.seq + t];
      }
    }
  }

  AlignedVector<float> grad_out;     // [tokens, vectors, lanes], zeros where there is no query
  AlignedVector<float> log_sum_exp;  // [tokens, lanes] of a query's logits
  AlignedVector<float> dots;         // [tokens, lanes] <out_i, grad_out_i>

 private:
  const Arguments& in_;
  const int64_t vectors_;
  AlignedVector<float> out_;  // [vectors, lanes] of one token
};

class GroupBackward {
 public:
  explicit GroupBackward(const Arguments& arguments)
      : in_(arguments),
        tokens_(arguments.layout, arguments.terms, arguments.qkv),
        outputs_(arguments, tokens_),
        terms_(arguments.layout, arguments.terms, arguments.gradients),
        vectors_(tokens_.vectors()) {
    for (AlignedVector<float>* rows : {&queries_, &keys_, &values_}) rows->resize(tokens_.floats());
  }

  void Run(int64_t number) {
    const HeadGroup group(in_.layout, number);
    tokens_.Read(group);
    outputs_.Read(group);
    terms_.Read(group);
    for (AlignedVector<float>* rows : {&queries_, &keys_, &values_}) std::fill(rows->begin(), rows->end(), 0.0f);
    for (int64_t begin = FirstBlock(in_.layout); begin < in_.layout.seq; begin += kRound) {
      const int64_t end = std::min(begin + kRound, in_.layout.seq);
      for (int64_t j = 0; j < end; j += kSide) {
        for (int64_t i = std::max(begin, j); i < end; i += kSide) AddBlock(i, j);
      }
    }
    Write(group);
    terms_.Finish(group);
  }

 private:
  void AddBlock(int64_t i, int64_t j) {
    const int64_t query = tokens_.Row(i), key = tokens_.Row(j);
    const float* const gradient = &outputs_.grad_out[query];
    const LaneTerms::Columns columns = terms_.ColumnsOf(i, j);
    Pairs p, g;
    Multiply(&tokens_.queries[query], &tokens_.keys[key], vectors_, p);
    terms_.AddTo(i, j, columns, p);
    Probabilities(i, j, p);
    AddScaled(p, gradient, vectors_, &values_[key]);
    Multiply(gradient, &tokens_.values[key], vectors_, g);
    for (int64_t r = 0; r < kSide; ++r) {
      const Floats dot = Load(&outputs_.dots[(i + r) * Lanes()]);
      for (int64_t c = 0; c < kSide; ++c) g[r][c] = hn::Mul(p[r][c], hn::Sub(g[r][c], dot));
    }
    terms_.AddGradients(i, j, columns, g);
    AddScaled(g, &tokens_.queries[query], vectors_, &keys_[key]);
    Transpose(g, p);
    AddScaled(p, &tokens_.keys[key], vectors_, &queries_[query]);
  }

  // Logits -> exp(logits - log_sum_exp), 0 for keys after their query.
  HWY_INLINE void Probabilities(int64_t i, int64_t j, Pairs& logits) const {
    const Exponential exponential(0);
    for (int64_t r = 0; r < kSide; ++r) {
      const Floats log_sum_exp = Load(&outputs_.log_sum_exp[(i + r) * Lanes()]);
      for (int64_t c = 0; c < kSide; ++c) {
        const Floats p = exponential(hn::Sub(logits[r][c], log_sum_exp));
        logits[r][c] = j + c > i + r ? hn::Zero(kFloat) : p;
      }
    }
  }

  // The gradients from those of what was read.
  void Write(const HeadGroup& group) {
    const AttentionLayout& layout = in_.layout;
    Floats scale_gradient = hn::Zero(kFloat);
    for (int64_t t = 0; t < layout.seq; ++t) {
      float* const token = in_.gradients.qkv + t * layout.token_stride;
      scale_gradient = hn::Add(scale_gradient, QueryGradient(t));
      float* const key = &keys_[tokens_.Row(t)];
      if (in_.terms.unit_norm) UnitNormBackward(t, key);
      Lanewise::Write(&queries_[tokens_.Row(t)], group.input, layout.size, group.count, token);
      Lanewise::Write(key, group.input, layout.size, group.count, token + layout.key_offset);
      Lanewise::Write(&values_[tokens_.Row(t)], group.input, layout.size, group.count, token + layout.value_offset);
    }
    HWY_ALIGN float scales[HeadGroup::kMost];
    Store(scale_gradient, scales);
    std::copy_n(scales, group.count, in_.gradients.scale + group.first);
  }

  // From u = sum_j gradient_ij k_j to the gradient of q_i, in place. The query that was read is f q^, f = Factor(i):
  // grad q^ = f u, and the gradient of the scale, which is returned, <f q^, u> / scale.
  Floats QueryGradient(int64_t i) {
    const float* const query = &tokens_.queries[tokens_.Row(i)];
    float* const u = &queries_[tokens_.Row(i)];
    const Floats f = tokens_.Factor(i), along = LaneDot(query, u, vectors_);
    LaneScale(f, vectors_, u);
    if (in_.terms.unit_norm) AddLane(hn::Neg(hn::Div(along, f)), query, vectors_, u);
    LaneScale(Load(&tokens_.query_inverse[i * Lanes()]), vectors_, u);
    return hn::Div(along, Load(tokens_.scale.data()));
  }

  // x = y * inverse, y = x / |x|, of key j: turns the gradient of y into that of x.
  void UnitNormBackward(int64_t j, float* gradient) const {
    const float* const unit = &tokens_.keys[tokens_.Row(j)];
    AddLane(hn::Neg(LaneDot(unit, gradient, vectors_)), unit, vectors_, gradient);
    LaneScale(Load(&tokens_.key_inverse[j * Lanes()]), vectors_, gradient);
  }

  const Arguments& in_;
  LaneTokens tokens_;
  LaneOutputs outputs_;
  LaneTerms terms_;
  const int64_t vectors_;
  AlignedVector<float> queries_, keys_, values_;  // gradients, [tokens, vectors, lanes]
};

void Backward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, const float* out,
              const float* log_sum_exp, const float* grad_out, int64_t first, int64_t last,
              const AttentionGradients& gradients) {
  const Arguments arguments = {layout, terms, qkv, out, log_sum_exp, grad_out, gradients};
  GroupBackward backward(arguments);
  for (int64_t group = first; group < last; ++group) backward.Run(group);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tally {

HWY_EXPORT(Backward);

void AttentionBackward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, const float* out,
                       const float* log_sum_exp, const float* grad_out, int64_t first, int64_t last,
                       const AttentionGradients& gradients) {
  HWY_DYNAMIC_DISPATCH(Backward)(layout, terms, qkv, out, log_sum_exp, grad_out, first, last, gradients);
}

}  // namespace tally
#endif  // HWY_ONCE

// A group of heads, one in each lane of the vectors (attention_lanes-inl.h).
//
//   1. Queries, keys, values and the gradient of the output are brought into lanes, once for the whole sequence.
//   2. Blocks of queries and keys: their probabilities are made again from the saved log-sum-exp, and what their
//   logits'
//      gradients give is added to the gradients of values, keys, queries, table and bias.
//   3. The gradients of queries and keys are led through scale and norm, and written back from the lanes.
#include "lib/kernels/attention_simd.h"

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/attention_backward.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lib/kernels/attention-inl.h"
#include "lib/kernels/attention_lane_terms-inl.h"
#include "lib/kernels/attention_lanes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

// So many queries stay in the caches while all keys go by.
constexpr int64_t kRound = 64;
static_assert(kRound % kSide == 0);

// What tokens that are no queries have as log-sum-exp: no probability at all.
constexpr float kNoQuery = 1e30f;

// Where the blocks begin.
int64_t FirstBlock(const AttentionLayout& layout) { return layout.first_query / kSide * kSide; }

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

// What is read of a group, [tokens, vectors, lanes] or [tokens, lanes].
class GroupInput {
 public:
  explicit GroupInput(const Arguments& arguments)
      : in_(arguments),
        lanewise_(arguments.layout.size),
        tokens_(RoundUp(arguments.layout.seq, kSide)),
        vectors_(Lanewise::Vectors(arguments.layout.size)) {
    for (std::vector<float>* rows : {&queries, &keys, &values, &grad_out}) rows->resize(tokens_ * vectors_ * Lanes());
    for (std::vector<float>* row : {&query_inverse, &key_inverse, &log_sum_exp, &dots}) row->resize(tokens_ * Lanes());
    out_.resize(vectors_ * Lanes());
    scale.resize(Lanes());
  }

  int64_t tokens() const { return tokens_; }
  int64_t vectors() const { return vectors_; }  // of a token
  float* At(std::vector<float>& rows, int64_t t) const { return &rows[t * vectors_ * Lanes()]; }

  void Read(const HeadGroup& group) {
    for (int64_t lane = 0; lane < Lanes(); ++lane) scale[lane] = in_.terms.scale[group.head[lane]];
    for (int64_t t = 0; t < in_.layout.seq; ++t) {
      const float* const token = in_.qkv + t * in_.layout.token_stride;
      lanewise_.Read(token + in_.layout.key_offset, group.input, in_.layout.size, At(keys, t));
      Store(Normalise(Broadcast(1), At(keys, t)), &key_inverse[t * Lanes()]);
      lanewise_.Read(token + in_.layout.value_offset, group.input, in_.layout.size, At(values, t));
      if (IsQuery(in_.layout, t)) {
        ReadQuery(group, t, token);
      } else {
        Store(Broadcast(kNoQuery), &log_sum_exp[t * Lanes()]);
      }
    }
    for (int64_t t = in_.layout.seq; t < tokens_; ++t) Store(Broadcast(kNoQuery), &log_sum_exp[t * Lanes()]);
  }

  // Of <q_i, k_j> in the logits.
  Floats Factor(int64_t i) const { return hn::Mul(Broadcast(RowScale(i)), Load(scale.data())); }
  float RowScale(int64_t i) const { return i < in_.layout.seq ? in_.terms.row_scale[i] : 0; }

  std::vector<float> queries;                     // times Factor
  std::vector<float> keys, values, grad_out;      // zeros where there is no token
  std::vector<float> query_inverse, key_inverse;  // what they were multiplied by to have length 1
  std::vector<float> log_sum_exp;                 // of a query's logits; kNoQuery
  std::vector<float> dots;                        // <out_i, grad_out_i>
  std::vector<float> scale;                       // [lanes]

 private:
  void ReadQuery(const HeadGroup& group, int64_t t, const float* token) {
    const int64_t row = OutputRow(in_.layout, t);
    lanewise_.Read(token, group.input, in_.layout.size, At(queries, t));
    Store(Normalise(Factor(t), At(queries, t)), &query_inverse[t * Lanes()]);
    lanewise_.Read(in_.out + row, group.output, in_.layout.size, out_.data());
    lanewise_.Read(in_.grad_out + row, group.output, in_.layout.size, At(grad_out, t));
    Store(LaneDot(out_.data(), At(grad_out, t), vectors_), &dots[t * Lanes()]);
    for (int64_t lane = 0; lane < Lanes(); ++lane) {
      const int64_t number = group.sample[lane] * in_.layout.heads + group.head[lane];
      log_sum_exp[t * Lanes() + lane] = in_.log_sum_exp[number * in_.layout.seq + t];
    }
  }

  // Divides a token's features by their length where unit_norm says so, then multiplies them by `factor`. Returns what
  // the first multiplied them by.
  Floats Normalise(Floats factor, float* features) const {
    Floats inverse = Broadcast(1);
    if (in_.terms.unit_norm) {
      const Floats squares = LaneDot(features, features, vectors_);
      inverse = hn::Div(Broadcast(1), hn::Sqrt(hn::Add(squares, Broadcast(1e-12f))));
    }
    LaneScale(hn::Mul(inverse, factor), vectors_, features);
    return inverse;
  }

  const Arguments& in_;
  Lanewise lanewise_;
  const int64_t tokens_, vectors_;
  std::vector<float> out_;  // [vectors, lanes] of one token
};

class GroupBackward {
 public:
  explicit GroupBackward(const Arguments& arguments)
      : in_(arguments),
        input_(arguments),
        terms_(arguments.layout, arguments.terms, arguments.gradients),
        lanewise_(arguments.layout.size),
        vectors_(input_.vectors()) {
    for (std::vector<float>* rows : {&queries_, &keys_, &values_}) rows->resize(input_.queries.size());
  }

  void Run(int64_t number) {
    const HeadGroup group(in_.layout, number);
    input_.Read(group);
    terms_.Read(group);
    for (std::vector<float>* rows : {&queries_, &keys_, &values_}) std::fill(rows->begin(), rows->end(), 0.0f);
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
    const float* const gradient = input_.At(input_.grad_out, i);
    Pairs p, g;
    Multiply(input_.At(input_.queries, i), input_.At(input_.keys, j), vectors_, p);
    terms_.AddTo(i, j, p);
    Probabilities(i, j, p);
    AddWeighed(p, gradient, vectors_, input_.At(values_, j));
    Multiply(gradient, input_.At(input_.values, j), vectors_, g);
    for (int64_t r = 0; r < kSide; ++r) {
      const Floats dot = Load(&input_.dots[(i + r) * Lanes()]);
      for (int64_t c = 0; c < kSide; ++c) g[r][c] = hn::Mul(p[r][c], hn::Sub(g[r][c], dot));
    }
    terms_.AddGradients(i, j, g);
    AddWeighed(g, input_.At(input_.queries, i), vectors_, input_.At(keys_, j));
    for (int64_t r = 0; r < kSide; ++r) {
      for (int64_t c = 0; c < kSide; ++c) p[c][r] = g[r][c];
    }
    AddWeighed(p, input_.At(input_.keys, j), vectors_, input_.At(queries_, i));
  }

  // Logits -> exp(logits - log_sum_exp), 0 for keys after their query.
  HWY_INLINE void Probabilities(int64_t i, int64_t j, Pairs& logits) const {
    const Exponential exponential(0);
    for (int64_t r = 0; r < kSide; ++r) {
      const Floats log_sum_exp = Load(&input_.log_sum_exp[(i + r) * Lanes()]);
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
      if (in_.terms.unit_norm) {
        UnitNormBackward(input_.At(input_.keys, t), Load(&input_.key_inverse[t * Lanes()]), input_.At(keys_, t));
      }
      lanewise_.Write(input_.At(queries_, t), group.input, layout.size, group.count, token);
      lanewise_.Write(input_.At(keys_, t), group.input, layout.size, group.count, token + layout.key_offset);
      lanewise_.Write(input_.At(values_, t), group.input, layout.size, group.count, token + layout.value_offset);
    }
    HWY_ALIGN float scales[HeadGroup::kMost];
    Store(scale_gradient, scales);
    std::copy_n(scales, group.count, in_.gradients.scale + group.first);
  }

  // From u = sum_j gradient_ij k_j to the gradient of q_i, in place. The query that was read is f q^, f = Factor(i):
  // grad q^ = f u, and the gradient of the scale, which is returned, <f q^, u> / scale.
  Floats QueryGradient(int64_t i) {
    const float* const query = input_.At(input_.queries, i);
    float* const u = input_.At(queries_, i);
    const Floats f = input_.Factor(i), along = LaneDot(query, u, vectors_);
    const Floats inverse = Load(&input_.query_inverse[i * Lanes()]);
    LaneScale(f, vectors_, u);
    if (in_.terms.unit_norm) AddLane(hn::Neg(hn::Div(along, f)), query, vectors_, u);
    LaneScale(inverse, vectors_, u);
    return hn::Div(along, Load(input_.scale.data()));
  }

  // x = y * inverse, y = x / |x|: turns the gradient of y into that of x.
  void UnitNormBackward(const float* unit, Floats inverse, float* gradient) const {
    AddLane(hn::Neg(LaneDot(unit, gradient, vectors_)), unit, vectors_, gradient);
    LaneScale(inverse, vectors_, gradient);
  }

  const Arguments& in_;
  GroupInput input_;
  LaneTerms terms_;
  Lanewise lanewise_;
  const int64_t vectors_;
  std::vector<float> queries_, keys_, values_;  // gradients, [tokens, vectors, lanes]
};

int64_t Groups(const AttentionLayout& layout) { return (layout.batch * layout.heads + Lanes() - 1) / Lanes(); }

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

HWY_EXPORT(Groups);
HWY_EXPORT(Backward);

int64_t AttentionGroups(const AttentionLayout& layout) { return HWY_DYNAMIC_DISPATCH(Groups)(layout); }

void AttentionBackward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, const float* out,
                       const float* log_sum_exp, const float* grad_out, int64_t first, int64_t last,
                       const AttentionGradients& gradients) {
  HWY_DYNAMIC_DISPATCH(Backward)(layout, terms, qkv, out, log_sum_exp, grad_out, first, last, gradients);
}

}  // namespace tally
#endif  // HWY_ONCE

// Axes: T tokens of a tile, that is, of some whole sequences; Q its queries, N those of them that are asked for (all,
// or `rows`); H hidden, O outputs. A tile goes through
//
//   qkv [T, 3H] = x [T, H] A',   attended [Q, H] = attention(qkv),   out [N, O] = attended[rows] B'
//
// and backward, with qkv, attended and the log-sum-exp of logits kept from the forward pass, through
//
//   d attended[rows] = d out B, 0 elsewhere,   d B += d out' attended[rows],   d qkv = attention'(d attended),
//   d x = d qkv A,   d A += d qkv' x
#include "lib/kernels/attention/self_attention.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "lib/kernels/attention/attention_input.h"
#include "lib/kernels/floats.h"
#include "lib/kernels/gemm/products.h"

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// A tile's arrays take about this many floats, which bounds what a thread allocates beside the tensors; but it has at
// least a group of heads, which in training takes that many by itself.
constexpr int64_t kTileFloats = 1 << 18;

// Both weights as a pass multiplies by them: `transposed` forward, as they are backward.
struct Projections {
  Projections(const SelfAttentionInput& input, bool transposed)
      : type(FactorTypeOf(input.bfloat16)),
        in(input.in_weight, transposed, type),
        out(input.out_weight, transposed, type) {}
  const FactorType type;
  const RightFactor in, out;
};

// What the forward pass leaves for the backward pass.
struct SavedForBackward {
  at::Tensor qkv;          // [batch, seq, 3 hidden]
  at::Tensor attended;     // [batch, queries, hidden]
  at::Tensor log_sum_exp;  // [batch, heads, seq]
};

// Some of the sequences, from number `first` on, and their outputs.
struct Tile {
  int64_t first = 0, samples = 0;
  int64_t first_row = 0, rows = 0;
};

// How a call is cut into tiles, and what of its arrays is theirs.
class Tiles {
 public:
  explicit Tiles(const SelfAttentionInput& input)
      : rows_(input.rows.defined() ? input.rows.const_data_ptr<int64_t>() : nullptr),
        row_count_(rows_ != nullptr ? input.rows.numel() : 0),
        outputs_(input.out_weight.size(0)),
        layout_(LayoutOf(input.attention, input.x.size(0), input.x.size(1), input.x.size(2))),
        terms_(TermsOf(input.attention)) {}

  int64_t batch() const { return layout_.batch; }
  int64_t seq() const { return layout_.seq; }
  int64_t queries() const { return layout_.queries(); }
  int64_t heads() const { return layout_.heads; }
  int64_t hidden() const { return layout_.heads * layout_.size; }
  int64_t outputs() const { return outputs_; }
  int64_t columns() const { return terms_.columns(); }

  // Sequences of a tile: as many as fill it, and groups of heads.
  int64_t samples() const {
    const int64_t unit = AttentionLanes() / std::gcd(AttentionLanes(), heads());
    const int64_t fill = kTileFloats / ((10 * hidden() + outputs()) * seq());
    return std::clamp<int64_t>(batch(), 1, std::max(unit, fill / unit * unit));
  }

  int64_t count() const { return (batch() + samples() - 1) / samples(); }

  Tile operator[](int64_t number) const {
    Tile tile;
    tile.first = number * samples();
    tile.samples = std::min(samples(), batch() - tile.first);
    tile.first_row = FirstRow(tile.first);
    tile.rows = FirstRow(tile.first + tile.samples) - tile.first_row;
    return tile;
  }

  AttentionLayout Layout(const Tile& tile) const {
    AttentionLayout layout = layout_;
    layout.batch = tile.samples;
    return layout;
  }

  AttentionTerms Terms(const Tile& tile) const { return terms_.From(tile.first); }

  // The queries that are asked for of a tile's `attended`: it itself, or a copy in `chosen`.
  const float* Chosen(const Tile& tile, const float* attended, float* chosen) const {
    if (rows_ == nullptr) return attended;
    for (int64_t r = 0; r < tile.rows; ++r) std::copy_n(attended + Place(tile, r), hidden(), chosen + r * hidden());
    return chosen;
  }

  // The way back: zeros where a query is not asked for.
  const float* Scattered(const Tile& tile, const float* chosen, float* attended) const {
    if (rows_ == nullptr) return chosen;
    std::fill_n(attended, tile.samples * queries() * hidden(), 0.0f);
    for (int64_t r = 0; r < tile.rows; ++r) std::copy_n(chosen + r * hidden(), hidden(), attended + Place(tile, r));
    return attended;
  }

 private:
  // Where output r of a tile is in its `attended`.
  int64_t Place(const Tile& tile, int64_t r) const {
    const int64_t token = rows_[tile.first_row + r] - tile.first * seq();
    return (token / seq() * queries() + token % seq() - layout_.first_query) * hidden();
  }

  // The number of the first output of sample b and those after it.
  int64_t FirstRow(int64_t b) const {
    return rows_ == nullptr ? b * queries() : std::lower_bound(rows_, rows_ + row_count_, b * seq()) - rows_;
  }

  const int64_t* const rows_;  // or null: all
  const int64_t row_count_, outputs_;
  const AttentionLayout layout_;
  const AttentionTerms terms_;
};

std::vector<int64_t> OutputShape(const SelfAttentionInput& input, const Tiles& tiles) {
  if (input.rows.defined()) return {input.rows.numel(), tiles.outputs()};
  return {tiles.batch(), tiles.queries(), tiles.outputs()};
}

// Of this many samples.
SavedForBackward Allocate(const Tiles& tiles, int64_t samples, const at::TensorOptions& options) {
  return {at::empty({samples, tiles.seq(), 3 * tiles.hidden()}, options),
          at::empty({samples, tiles.queries(), tiles.hidden()}, options),
          at::empty({samples, tiles.heads(), tiles.seq()}, options)};
}

// One tile; its arrays begin with its first sample, `out` with that of the call.
void ForwardTile(const SelfAttentionInput& input, const Projections& projections, const Tiles& tiles, const Tile& tile,
                 float* qkv, float* attended, float* log_sum_exp, float* chosen, float* out) {
  const int64_t hidden = tiles.hidden();
  const AttentionLayout layout = tiles.Layout(tile);
  projections.in.Multiply(Data(input.x) + tile.first * tiles.seq() * hidden, tile.samples * tiles.seq(), qkv);
  AttentionLanesForward(layout, tiles.Terms(tile), qkv, 0, AttentionGroups(layout), attended, log_sum_exp);
  projections.out.Multiply(tiles.Chosen(tile, attended, chosen), tile.rows, out + tile.first_row * tiles.outputs());
}

// `saved` is filled, or null where no backward pass follows.
at::Tensor Forward(const SelfAttentionInput& input, const SavedForBackward* saved) {
  const Tiles tiles(input);
  const Projections projections(input, /*transposed=*/true);
  const at::TensorOptions options = input.x.options().requires_grad(false);
  const at::Tensor out = at::empty(OutputShape(input, tiles), options);
  at::parallel_for(0, tiles.count(), 1, [&](int64_t first, int64_t last) {
    const SavedForBackward own = saved == nullptr ? Allocate(tiles, tiles.samples(), options) : *saved;
    const at::Tensor chosen = at::empty({tiles.samples() * tiles.queries(), tiles.hidden()}, options);
    for (int64_t number = first; number < last; ++number) {
      const Tile tile = tiles[number];
      const int64_t sample = saved == nullptr ? 0 : tile.first;
      ForwardTile(input, projections, tiles, tile, At(own.qkv, sample), At(own.attended, sample),
                  At(own.log_sum_exp, sample), At(chosen, 0), At(out, 0));
    }
  });
  return out;
}

// What the backward pass writes.
struct Gradients {
  at::Tensor x, in_weight, out_weight;
  at::Tensor scale;  // [batch, heads]
  at::Tensor table;  // [batch, heads, columns]
  at::Tensor bias;   // [batch, heads, seq, seq], or undefined: not wanted
  // Of one tile after the other.
  at::Tensor qkv;       // [samples, seq, 3 hidden]
  at::Tensor attended;  // [3, samples * queries, hidden]: the outputs asked for, their gradient, the gradient of all
};

Gradients AllocateGradients(const SelfAttentionInput& input, const Tiles& tiles) {
  const at::TensorOptions options = input.x.options().requires_grad(false);
  const bool wants_bias = input.attention.bias.defined() && input.attention.bias.requires_grad();
  Gradients gradients;
  gradients.x = at::empty_like(input.x, options);
  gradients.in_weight = at::zeros_like(input.in_weight);
  gradients.out_weight = at::zeros_like(input.out_weight);
  gradients.scale = at::empty({tiles.batch(), tiles.heads()}, options);
  gradients.table = at::empty({tiles.batch(), tiles.heads(), tiles.columns()}, options);
  if (wants_bias) gradients.bias = at::zeros({tiles.batch(), tiles.heads(), tiles.seq(), tiles.seq()}, options);
  gradients.qkv = at::empty({tiles.samples(), tiles.seq(), 3 * tiles.hidden()}, options);
  gradients.attended = at::empty({3, tiles.samples() * tiles.queries(), tiles.hidden()}, options);
  return gradients;
}

void BackwardTile(const SelfAttentionInput& input, const Projections& projections, const Tiles& tiles, const Tile& tile,
                  const SavedForBackward& saved, const at::Tensor& grad_out, const Gradients& gradients) {
  const int64_t hidden = tiles.hidden(), outputs = tiles.outputs(), tokens = tile.samples * tiles.seq();
  const AttentionLayout layout = tiles.Layout(tile);
  const float* const attended = At(saved.attended, tile.first);
  const float* const gradient = Data(grad_out) + tile.first_row * outputs;
  const float* const chosen = tiles.Chosen(tile, attended, At(gradients.attended, 0));
  float* const grad_chosen = At(gradients.attended, 1);
  float* const grad_qkv = At(gradients.qkv, 0);
  AddTransposedProduct(gradient, chosen, tile.rows, outputs, hidden, projections.type, At(gradients.out_weight, 0));
  projections.out.Multiply(gradient, tile.rows, grad_chosen);
  AttentionBackward(layout, tiles.Terms(tile), At(saved.qkv, tile.first), attended, At(saved.log_sum_exp, tile.first),
                    tiles.Scattered(tile, grad_chosen, At(gradients.attended, 2)), 0, AttentionGroups(layout),
                    {grad_qkv, At(gradients.scale, tile.first),
                     input.attention.table.defined() ? At(gradients.table, tile.first) : nullptr,
                     gradients.bias.defined() ? At(gradients.bias, tile.first) : nullptr});
  projections.in.Multiply(grad_qkv, tokens, At(gradients.x, tile.first));
  AddTransposedProduct(grad_qkv, At(input.x, tile.first), tokens, 3 * hidden, hidden, projections.type,
                       At(gradients.in_weight, 0));
}

// Gradients of x, both weights, scale, table and bias. Tiles follow one another, since each adds to the gradients of
// weights.
tensor_list Backward(const SelfAttentionInput& input, const SavedForBackward& saved, const at::Tensor& grad_out) {
  const Tiles tiles(input);
  const Projections projections(input, /*transposed=*/false);
  const Gradients gradients = AllocateGradients(input, tiles);
  for (int64_t number = 0; number < tiles.count(); ++number) {
    BackwardTile(input, projections, tiles, tiles[number], saved, grad_out, gradients);
  }
  return {gradients.x,
          gradients.in_weight,
          gradients.out_weight,
          gradients.scale.sum(0),
          input.attention.table.defined() ? gradients.table.sum(0) : at::Tensor(),
          gradients.bias.defined() ? SumToShape(gradients.bias, input.attention.bias) : at::Tensor()};
}

struct SelfAttentionFunction : torch::autograd::Function<SelfAttentionFunction> {
  // The first six are those of `input`, which autograd would not find there; empty ones for terms that are absent.
  static Variable forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& in_weight,
                          const at::Tensor& out_weight, const at::Tensor& /*scale*/, const at::Tensor& /*table*/,
                          const at::Tensor& /*bias*/, const SelfAttentionInput& input) {
    const SavedForBackward saved = Allocate(Tiles(input), input.x.size(0), x.options().requires_grad(false));
    Save(input.attention, {x, in_weight, out_weight, input.rows, saved.qkv, saved.attended, saved.log_sum_exp},
         context);
    context->saved_data["bfloat16"] = input.bfloat16;
    return Forward(input, &saved);
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const auto& [terms, others] = Restore(*context);
    const bool bfloat16 = context->saved_data["bfloat16"].toBool();
    const SelfAttentionInput input = {others[0], others[1], others[2], terms, others[3], bfloat16};
    tensor_list gradients = Backward(input, {others[4], others[5], others[6]}, grads[0].contiguous());
    gradients.emplace_back();  // of `input`
    return gradients;
  }
};

SelfAttentionInput Dense(SelfAttentionInput input) {
  input.attention = Contiguous(input.attention);
  for (at::Tensor* tensor : {&input.x, &input.in_weight, &input.out_weight, &input.rows}) {
    if (tensor->defined()) *tensor = tensor->contiguous();
  }
  return input;
}

// Throws c10::Error, as LibTorch's operators do.
void CheckRows(const SelfAttentionInput& input) {
  const int64_t seq = input.x.size(1), n = input.rows.numel();
  const int64_t* const rows = input.rows.const_data_ptr<int64_t>();
  for (int64_t r = 0; r < n; ++r) {
    TORCH_CHECK(rows[r] > (r == 0 ? -1 : rows[r - 1]) && rows[r] < input.x.size(0) * seq, "SelfAttention: rows[", r,
                "] is ", rows[r], "; expected rising numbers of tokens");
    TORCH_CHECK(rows[r] % seq >= input.attention.first_query, "SelfAttention: rows[", r, "] is ", rows[r],
                ", which is no query");
  }
}

}  // namespace

bool SelfAttentionIsFaster(int64_t batch, int64_t seq, int64_t heads) {
  AttentionLayout layout;
  layout.batch = batch;
  layout.seq = seq;
  layout.heads = heads;
  return LanesFit(layout);
}

at::Tensor SelfAttention(const SelfAttentionInput& input) {
  const SelfAttentionInput dense = Dense(input);
  if (dense.rows.defined()) CheckRows(dense);
  if (!at::GradMode::is_enabled()) return Forward(dense, nullptr);
  return SelfAttentionFunction::apply(dense.x, dense.in_weight, dense.out_weight, dense.attention.scale,
                                      OrEmpty(dense.attention.table), OrEmpty(dense.attention.bias), dense);
}

at::Tensor SelfAttentionPlain(const SelfAttentionInput& input) {
  CausalAttentionInput attention = input.attention;
  attention.qkv = at::linear(input.x, input.in_weight);
  at::Tensor attended = CausalAttentionPlain(attention);
  if (input.rows.defined()) {
    const int64_t seq = input.x.size(1), first = input.attention.first_query;
    const at::Tensor places = input.rows.floor_divide(seq) * (seq - first) + input.rows.remainder(seq) - first;
    attended = attended.flatten(0, 1).index_select(0, places);
  }
  return at::linear(attended, input.out_weight);
}

}  // namespace tally

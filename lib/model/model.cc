#include "lib/model/model.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/model/block.h"
#include "lib/model/embedding.h"
#include "lib/model/head.h"
#include "lib/model/initialiser.h"
#include "lib/model/positions/attention_ids.h"
#include "lib/model/positions/position_ids.h"
#include "lib/model/selection.h"
#include "lib/model/validate.h"

namespace tally {
namespace {

// Without gradient, biases of at most so many numbers are made once for all passes.
constexpr int64_t kSharedBiases = int64_t{1} << 23;

}  // namespace

// The parts of the model, in the order of the reference's parameters.
class Recurrent {
 public:
  Recurrent(const ModelConfig& config, Parameters* parameters)
      : config_(config), initialiser_(config), embedding_(config, initialiser_, parameters) {
    if (config.separate_blocks()) {
      for (int i = 0; i < config.layers(); ++i) {
        blocks_.emplace_back(absl::StrCat("encoder.recurrent_blocks.", i, "._orig_mod"), 1, config, initialiser_,
                             parameters);
      }
    } else {
      blocks_.emplace_back("encoder.recurrent_block._orig_mod", config.layers(), config, initialiser_, parameters);
    }
    head_ = std::make_unique<Head>(config, initialiser_, parameters);
  }

  const Embedding& embedding() const { return embedding_; }
  const Head& head() const { return *head_; }

  static TableContext TableOf(const ModelInput& input) {
    return {input.table_offsets, input.table_positions, input.cache == nullptr ? 0 : input.cache->length()};
  }

  // The states after each of `after` passes, rising; none: after all of them.
  std::vector<at::Tensor> States(const ModelInput& input, std::vector<int64_t> after) const {
    const TableContext table = TableOf(input);
    const at::Tensor embedding = embedding_(input.ids, table);
    at::Tensor state =
        input.initial_state.defined()
            ? input.initial_state.narrow(1, input.initial_state.size(1) - embedding.size(1), embedding.size(1))
                  .to(embedding.device())
        : config_.initial_state() == ModelConfig::EMBEDDING ? embedding
                                                            : at::zeros_like(embedding);
    const at::Tensor counts = Counts(input);
    if (after.empty()) after = {counts.defined() ? counts.max().item<int64_t>() : PassesOf(input)};
    const at::Device device = embedding.device();
    Selection selection;
    if (input.rows.defined()) selection = Select(input.rows, embedding.size(1)).To(device);
    Passes passes = {
        input, embedding, counts.defined() ? counts.to(device) : counts, OnDevice(Context(input), device), selection,
        after, {}};
    if (input.untracked > 0) {
      const at::NoGradGuard no_grad;
      state = Run(state, 0, input.untracked, &passes);
    }
    Run(state, input.untracked, after.back(), &passes);
    if (input.cache != nullptr) input.cache->Advance(embedding.size(1));
    return passes.states;
  }

 private:
  // The passes of one forward pass.
  struct Passes {
    const ModelInput& input;
    const at::Tensor embedding;  // [batch, tokens, hidden]
    const at::Tensor counts;     // [batch, 1, 1] passes of each row, or undefined
    const AttentionContext context;
    const Selection selection;         // of input.rows, where they are defined
    const std::vector<int64_t> after;  // passes whose states are asked for
    std::vector<at::Tensor> states;    // these states
  };

  int64_t PassesOf(const ModelInput& input) const {
    return input.recurrences > 0 ? input.recurrences : config_.recurrences();
  }

  // Passes for each row, [batch, 1, 1]; undefined where all have the same.
  at::Tensor Counts(const ModelInput& input) const {
    if (config_.recurrences_per_digit() == 0) return at::Tensor();
    const at::Tensor ids = input.ids.contiguous();
    const at::Tensor counts = at::empty({ids.size(0), 1, 1}, at::kLong);
    for (int64_t b = 0; b < ids.size(0); ++b) {
      const int64_t digits = LongestOperand(ids.const_data_ptr<int64_t>() + b * ids.size(1), ids.size(1));
      counts.data_ptr<int64_t>()[b] =
          PassesOf(input) + static_cast<int64_t>(config_.recurrences_per_digit() * static_cast<double>(digits));
    }
    return counts;
  }

  // The factor on the logits of each query, [seq].
  static at::Tensor RowScale(const AttentionConfig& attention, int64_t seq) {
    if (!attention.log_position()) return at::ones({seq}, at::kFloat);
    return 4 * (at::arange(2, seq + 2, at::kFloat).log() / 4).pow(attention.log_power());
  }

  AttentionContext Context(const ModelInput& input) const {
    AttentionContext context;
    const AttentionConfig& attention = config_.attention();
    const int64_t seq = input.ids.size(1);
    if (attention.relative_clip() > 0) SetRelativeIds(attention.ids(), input.ids, &context);
    context.row_scale = RowScale(attention, seq);
    if (input.logit_factor != 1) context.row_scale = context.row_scale * input.logit_factor;
    context.far_bias = input.far_bias;
    context.positions = Positions(input, /*call=*/0);
    context.begin = input.cache == nullptr ? 0 : input.cache->length();
    return context;
  }

  static AttentionContext OnDevice(AttentionContext context, at::Device device) {
    for (at::Tensor* tensor : {&context.ids, &context.second_ids, &context.row_scale, &context.positions}) {
      if (tensor->defined()) *tensor = tensor->to(device);
    }
    return context;
  }

  // Positions of attention call number `call`, [seq] float32; undefined where attention asks for none.
  at::Tensor Positions(const ModelInput& input, int64_t call) const {
    if (config_.attention().position() == AttentionConfig::NO_POSITION) return at::Tensor();
    const at::Tensor& given = input.attention_positions;
    if (!given.defined()) return at::arange(input.ids.size(1), at::kFloat);
    return (given.dim() == 1 ? given : given[call % given.size(0)]).to(at::kFloat);
  }

  // The biases of all layers in the pass whose first attention call is `first_call`.
  std::vector<at::Tensor> Biases(const AttentionContext& context, const ModelInput& input, int64_t first_call) const {
    std::vector<at::Tensor> biases;
    for (const Block& block : blocks_) {
      for (const Layer& layer : block.layers()) {
        AttentionContext of_call = context;
        of_call.positions = Positions(input, first_call + static_cast<int64_t>(biases.size()));
        if (of_call.positions.defined()) of_call.positions = of_call.positions.to(context.row_scale.device());
        biases.push_back(layer.attention().Bias(of_call));
      }
    }
    return biases;
  }

  // Whether the biases of the layers are made once for several passes: with gradient, and where they are small.
  bool SharesBiases(const AttentionContext& context) const {
    if (at::GradMode::is_enabled()) return true;
    const int64_t rows = context.ids.defined() ? context.ids.size(0) : 1, seq = context.row_scale.size(0);
    return rows * config_.attention().heads() * config_.layers() * seq * (seq - context.begin) <= kSharedBiases;
  }

  // Passes first, ..., last - 1 from `state`. Those of passes->states are kept there; returns the last.
  at::Tensor Run(at::Tensor state, int64_t first, int64_t last, Passes* passes) const {
    const ModelInput& input = passes->input;
    const bool select = input.rows.defined();
    PassContext pass = {passes->context, std::vector<at::Tensor>(config_.layers()), input.cache};
    const bool positions_differ = input.attention_positions.defined() && input.attention_positions.dim() == 2;
    if (!positions_differ && SharesBiases(passes->context)) pass.biases = Biases(passes->context, input, 0);
    for (int64_t i = first; i < last; ++i) {
      pass.layer = 0;
      pass.first_call = i * config_.layers();
      if (positions_differ) pass.biases = Biases(passes->context, input, pass.first_call);
      const bool final = select && i + 1 == passes->after.back();
      pass.selection = final ? &passes->selection : nullptr;
      at::Tensor next = state;
      for (const Block& block : blocks_) next = block.Forward(next, passes->embedding, &pass);
      state = Finished(state, next, i, final, *passes);
      if (passes->after[passes->states.size()] != i + 1) continue;
      passes->states.push_back(select && !final ? passes->selection.Of(state) : state);
    }
    return state;
  }

  // The state after pass i, which leads from `state` to `next`, of selected tokens where it is `final`: rows that have
  // had their passes stay as they are.
  at::Tensor Finished(const at::Tensor& state, const at::Tensor& next, int64_t i, bool final,
                      const Passes& passes) const {
    if (!passes.counts.defined()) return next;
    if (!final) return at::where(passes.counts.gt(i), next, state);
    const at::Tensor counts = passes.counts.flatten().index_select(0, passes.selection.sequences).unsqueeze(1);
    return at::where(counts.gt(i), next, passes.selection.Of(state));
  }

  const ModelConfig& config_;
  const Initialiser initialiser_;
  const Embedding embedding_;
  std::deque<Block> blocks_;
  std::unique_ptr<Head> head_;
};

Model::Model(const ModelConfig& config, uint64_t seed)
    : config_(config), parameters_(seed), recurrent_(std::make_unique<Recurrent>(config_, &parameters_)) {}

Model::~Model() = default;

absl::StatusOr<std::unique_ptr<Model>> Model::Create(const ModelConfig& config, uint64_t seed) {
  TALLY_RETURN_IF_ERROR(ValidateModelConfig(config));
  return std::unique_ptr<Model>(new Model(config, seed));
}

std::unique_ptr<Model> Model::Replica() const {
  std::unique_ptr<Model> replica(new Model(config_, /*seed=*/0));
  for (size_t i = 0; i < parameters_.entries().size(); ++i) {
    replica->parameters_.entries()[i].tensor.set_data(parameters_.entries()[i].tensor);
  }
  replica->device_ = device_;
  replica->precision_ = precision_;
  return replica;
}

void Model::Place(at::Device device, Precision precision) {
  device_ = device;
  precision_ = precision;
  for (const Parameter& parameter : parameters_.entries()) {
    const at::Tensor moved = parameter.tensor.detach().to(device);
    parameter.tensor.set_data(moved);  // all that share the tensor see it
  }
}

at::Tensor Model::Forward(const ModelInput& input) const { return Logits(State(input)); }

std::vector<at::Tensor> Model::ForwardAfter(const ModelInput& input, const std::vector<int64_t>& passes) const {
  std::vector<at::Tensor> states;
  {
    const PrecisionGuard guard(precision_, device_);
    states = recurrent_->States(input, passes);
  }
  for (at::Tensor& state : states) state = Logits(state);
  return states;
}

at::Tensor Model::Embed(const ModelInput& input) const {
  const PrecisionGuard guard(precision_, device_);
  return recurrent_->embedding().Normed(input.ids, Recurrent::TableOf(input));
}

at::Tensor Model::State(const ModelInput& input) const {
  const PrecisionGuard guard(precision_, device_);
  return recurrent_->States(input, {})[0];
}

at::Tensor Model::Logits(const at::Tensor& state) const {
  const PrecisionGuard guard(precision_, device_);
  return recurrent_->head()(state).to(at::kFloat);
}

absl::Status Model::CheckLength(int64_t digits, int64_t tokens, int64_t offset) const {
  const int64_t needed = recurrent_->embedding().RowsNeeded(digits, tokens, offset);
  const int64_t rows = config_.positions().table_rows();
  if (needed <= rows) return absl::OkStatus();
  return BadInputError(absl::StrCat("a number of ", digits, " digits in a line of ", tokens,
                                    " tokens: needs a position table of ", needed, " rows; the model's has ", rows));
}

}  // namespace tally

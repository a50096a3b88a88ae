#include "lib/model/model.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/random.h"
#include "lib/base/status_macros.h"
#include "lib/model/block.h"
#include "lib/model/position_ids.h"

namespace tally {
namespace {

// `rule` applied to each row of ids [B, S] -> [B, S].
at::Tensor IdsByRule(const at::Tensor& ids, void (*rule)(const int64_t*, int64_t, int64_t*)) {
  const at::Tensor in = ids.contiguous();
  const at::Tensor out = at::empty_like(in);
  const int64_t seq = ids.size(1);
  for (int64_t b = 0; b < ids.size(0); ++b) {
    rule(in.data_ptr<int64_t>() + b * seq, seq, out.data_ptr<int64_t>() + b * seq);
  }
  return out;
}

absl::Status AtLeastOne(absl::string_view field, int64_t value) {
  if (value >= 1) return absl::OkStatus();
  return UsageError(absl::StrCat("model.", field, " is ", value, "; expected at least 1"));
}

}  // namespace

// The parts of the model, in the order of the reference's parameters.
class Recurrent {
 public:
  Recurrent(const ModelConfig& config, Parameters* parameters)
      : config_(config), initialiser_(config), embedding_norm_(MakeEmbedding(parameters)) {
    for (int i = 0; i < config.layers(); ++i) {
      layers_.emplace_back(absl::StrCat("encoder.recurrent_block._orig_mod.layers.", i), config, initialiser_,
                           parameters);
    }
    MakeHead(parameters);
  }

  at::Tensor Embed(const at::Tensor& ids, int64_t offset) const {
    at::Tensor embedded = at::embedding(words_, ids);
    if (table_.defined()) {
      const at::Tensor positions = IdsByRule(ids, AbacusIds);
      embedded = embedded + at::embedding(table_, offset == 0 ? positions : positions + positions.gt(0) * offset);
    }
    return embedding_norm_(embedded);
  }

  at::Tensor State(const ModelInput& input) const {
    const int64_t passes = input.recurrences > 0 ? input.recurrences : config_.recurrences();
    const at::Tensor embedding = Embed(input.ids, input.position_offset);
    const AttentionContext context = Context(input.ids);
    at::Tensor state = input.initial_state.defined()                       ? input.initial_state
                       : config_.initial_state() == ModelConfig::EMBEDDING ? embedding
                                                                           : at::zeros_like(embedding);
    if (input.untracked > 0) {
      const at::NoGradGuard no_grad;
      state = Pass(state, embedding, context, input.untracked);
    }
    return Pass(state, embedding, context, passes - input.untracked);
  }

  // Head, final norm and output embedding of states [..., H] -> [..., V].
  at::Tensor Logits(const at::Tensor& state) const {
    at::Tensor x = state;
    if (feed_forward_head_) x = (*feed_forward_head_)(x);
    if (linear_head_.defined()) x = at::linear(x, linear_head_);
    x = (*final_norm_)(x);
    if (adapter_.defined()) x = at::matmul(x, adapter_);
    return at::linear(x, decoder_);
  }

 private:
  Norm MakeEmbedding(Parameters* parameters) {
    const Init table = initialiser_.Table();
    words_ = parameters->Add("encoder.embedding.word_embedding.weight",
                             {config_.vocabulary_size(), config_.hidden_size()}, table);
    if (config_.positions().table() == PositionConfig::ABACUS) {
      table_ = parameters->Add("encoder.embedding.pos_embedding.embedding.weight",
                               {config_.positions().table_rows(), config_.hidden_size()}, table);
    }
    return Norm("encoder.embedding.norm", config_, parameters);
  }

  void MakeHead(Parameters* parameters) {
    const int64_t hidden = config_.hidden_size();
    const Init square = initialiser_.Linear(hidden, hidden);
    if (config_.head() == ModelConfig::FFN) {
      feed_forward_head_ =
          std::make_unique<FeedForward>("encoder.head", config_, initialiser_, /*residual=*/false, parameters);
    } else if (config_.head() == ModelConfig::LINEAR) {
      linear_head_ = parameters->Add("encoder.head.weight", {hidden, hidden}, square);
    }
    final_norm_ = std::make_unique<Norm>("encoder.final_norm", config_, parameters);
    if (config_.output_adapter()) adapter_ = parameters->Add("adapter.weight", {hidden, hidden}, square);
    decoder_ = parameters->Add("decoder.weight", {config_.vocabulary_size(), hidden},
                               initialiser_.Linear(hidden, config_.vocabulary_size()));
  }

  AttentionContext Context(const at::Tensor& ids) const {
    AttentionContext context;
    const int64_t seq = ids.size(1);
    if (config_.attention().relative_clip() > 0) context.coupled_ids = IdsByRule(ids, CoupledIds);
    context.row_scale =
        config_.attention().log_position() ? at::arange(2, seq + 2, at::kFloat).log() : at::ones({seq}, at::kFloat);
    return context;
  }

  // `passes` passes through the block. With gradient the bias of each layer is made once for all of them.
  at::Tensor Pass(at::Tensor state, const at::Tensor& embedding, const AttentionContext& context,
                  int64_t passes) const {
    std::vector<at::Tensor> biases(layers_.size());
    if (at::GradMode::is_enabled()) {
      for (size_t i = 0; i < layers_.size(); ++i) biases[i] = layers_[i].attention().Bias(context);
    }
    for (int64_t pass = 0; pass < passes; ++pass) {
      if (config_.injection() == ModelConfig::ADD) state = state + embedding;
      for (size_t i = 0; i < layers_.size(); ++i) state = layers_[i].Forward(state, context, biases[i]);
    }
    return state;
  }

  const ModelConfig& config_;
  const Initialiser initialiser_;
  at::Tensor words_;  // [V, H]
  at::Tensor table_;  // [rows, H], or undefined
  const Norm embedding_norm_;
  std::vector<Layer> layers_;
  std::unique_ptr<FeedForward> feed_forward_head_;  // or null
  at::Tensor linear_head_;                          // [H, H], or undefined
  std::unique_ptr<Norm> final_norm_;
  at::Tensor adapter_;  // [H, H], or undefined; applied untransposed
  at::Tensor decoder_;  // [V, H]
};

absl::Status ValidateModelConfig(const ModelConfig& config) {
  TALLY_RETURN_IF_ERROR(AtLeastOne("vocabulary_size", config.vocabulary_size()));
  TALLY_RETURN_IF_ERROR(AtLeastOne("hidden_size", config.hidden_size()));
  TALLY_RETURN_IF_ERROR(AtLeastOne("layers", config.layers()));
  TALLY_RETURN_IF_ERROR(AtLeastOne("recurrences", config.recurrences()));
  TALLY_RETURN_IF_ERROR(AtLeastOne("attention.heads", config.attention().heads()));
  if (config.hidden_size() % config.attention().heads() != 0) {
    return UsageError(absl::StrCat("model.attention.heads is ", config.attention().heads(),
                                   "; expected a divisor of model.hidden_size, ", config.hidden_size()));
  }
  if (config.intermediate_size() < 0 || config.intermediate_size() % 2 != 0) {
    return UsageError(absl::StrCat("model.intermediate_size is ", config.intermediate_size(),
                                   "; expected an even number: half of it gates the other half"));
  }
  if (config.attention().relative_clip() < 0 || config.attention().relative_clip() > 1000) {
    return UsageError(
        absl::StrCat("model.attention.relative_clip is ", config.attention().relative_clip(), "; expected 0..1000"));
  }
  if (config.backprop_recurrences() < 0 || config.backprop_recurrences() > config.recurrences()) {
    return UsageError(absl::StrCat("model.backprop_recurrences is ", config.backprop_recurrences(),
                                   "; expected 0..model.recurrences, ", config.recurrences()));
  }
  if (!(config.norm_epsilon() >= 0)) {
    return UsageError(absl::StrCat("model.norm_epsilon is ", config.norm_epsilon(), "; expected 0 or more"));
  }
  const PositionConfig& positions = config.positions();
  TALLY_RETURN_IF_ERROR(AtLeastOne("positions.table_rows", positions.table_rows()));
  if (positions.max_offset() < 0 ||
      (positions.table() != PositionConfig::NO_TABLE && positions.max_offset() >= positions.table_rows())) {
    return UsageError(absl::StrCat("model.positions.max_offset is ", positions.max_offset(),
                                   "; expected less than model.positions.table_rows, ", positions.table_rows()));
  }
  return absl::OkStatus();
}

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
  return replica;
}

at::Tensor Model::Forward(const ModelInput& input) const {
  const at::Tensor state = State(input);
  if (!input.rows.defined()) return recurrent_->Logits(state);
  return recurrent_->Logits(state.reshape({-1, state.size(-1)}).index_select(0, input.rows));
}

at::Tensor Model::Embed(const at::Tensor& ids, int64_t position_offset) const {
  return recurrent_->Embed(ids, position_offset);
}

at::Tensor Model::State(const ModelInput& input) const { return recurrent_->State(input); }

at::Tensor Model::InitialState(uint64_t seed, const std::vector<uint64_t>& samples, int64_t seq) const {
  const ModelConfig::InitialState kind = config_.initial_state();
  if (kind != ModelConfig::EMBED && kind != ModelConfig::NORMAL) return at::Tensor();
  const double deviation = kind == ModelConfig::EMBED ? 0.02 : 1.0;
  const int64_t hidden = config_.hidden_size();
  const at::Tensor state = at::empty({static_cast<int64_t>(samples.size()), seq, hidden}, at::kFloat);
  float* out = state.data_ptr<float>();
  for (const uint64_t sample : samples) {
    // One generator a sample, read in order of position: a longer sequence begins with the same numbers.
    Random random(seed, RandomStream::kInitialState, sample);
    for (int64_t i = 0; i < seq * hidden; ++i) *out++ = static_cast<float>(deviation * random.Normal());
  }
  return state;
}

absl::Status Model::CheckLength(int64_t digits) const {
  if (config_.positions().table() == PositionConfig::NO_TABLE || digits < config_.positions().table_rows()) {
    return absl::OkStatus();
  }
  return BadInputError(absl::StrCat("a number of ", digits, " digits: the model's position table has rows for at most ",
                                    config_.positions().table_rows() - 1));
}

}  // namespace tally

#include <nlohmann/json.hpp>

#include "lib/checkpoint/config_json.h"
#include "lib/checkpoint/reference_words.h"
#include "lib/config/config.h"
#include "lib/model/validate.h"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;

Json EmbeddingJson(const ModelConfig& config) {
  return {
      {"vocab_size", config.vocabulary_size()},
      {"pos_embedding", WordOf(kTables, config.positions().table())},
      {"max_seq_length", config.positions().table_rows()},
      {"embedding_dim", EmbeddingSize(config)},
      {"normalization", config.embedding_norm()},
      {"stable_low_precision", false},
      {"max_abacus_len", config.positions().max_offset()},
  };
}

Json AttentionJson(const AttentionConfig& attention) {
  const bool by_head = attention.packing() == AttentionConfig::BY_HEAD;
  Json rotary = false;
  if (attention.position() == AttentionConfig::ROPE) rotary = true;
  if (attention.position() == AttentionConfig::FIRE) rotary = "fire";
  return {
      {"type", WordOf(kAttentionTypes, attention.packing())},
      {"num_attention_heads", attention.heads()},
      {"skip_output_projection", false},
      {"qkv_bias", by_head && attention.input_bias()},
      {"bias_in_proj", attention.output_bias()},
      {"max_length", attention.random_positions()},
      {"rotary_embedding", rotary},
      {"seq_op_in_fp32", false},
      {"sequence_op", "torch-softmax"},
      {"sub_normalization", attention.sub_normalization()},
  };
}

}  // namespace

std::string ModelConfigToJson(const ModelConfig& config) {
  const bool random = config.initial_state() != ModelConfig::EMBEDDING;
  Json json = {
      {"model_type", "ScriptableCrammedDepthRecurrent"},
      {"layers_in_recurrent_block", config.layers()},
      {"maximal_recurrence", config.recurrences()},
      {"max_backprop", config.backprop_recurrences() > 0 ? config.backprop_recurrences() : config.recurrences()},
      {"maximal_recurrence_in_eval", config.recurrences()},
      {"hidden_size", config.hidden_size()},
      {"intermed_size", IntermediateSize(config)},
      {"input_injection_type", WordOf(kInjections, config.injection())},
      {"initial_hidden_randomized", random},
      {"state_init", random ? WordOf(kRandomStates, config.initial_state()) : "embed"},
      {"norm", WordOf(kNorms, config.norm())},
      {"norm_eps", config.norm_epsilon()},
      {"norm_scheme", WordOf(kNormSchemes, config.norm_scheme())},
      {"nonlin", WordOf(kNonlinearities, config.nonlinearity()) + (config.gated() ? "glu" : "")},
      {"sub_normalization", config.sub_normalization()},
      {"tie_weights", config.tied()},
      {"decoder_bias", config.output_bias()},
      {"use_bias", config.linear_bias()},
      {"final_norm", config.final_norm()},
      {"head", WordOf(kHeads, config.head())},
      {"objective_layout", "TBPTT"},
  };
  json["embedding"] = EmbeddingJson(config);
  json["attention"] = AttentionJson(config.attention());
  json["init"] = {{"type", WordOf(kInitialisations, config.initialisation())},
                  {"std", config.initialisation_deviation()}};
  json["throttle"] = false;
  json["alpha"] = 1.0;
  json["mask_before_equals"] = true;
  json["local_compilation"] = true;
  json["loss_reduction"] = "mean";
  json["forward_only_model_with_skip"] = config.separate_blocks();
  ModelConfig own = config;
  FillDefaults(&own);  // which may be others one day
  json["tally"] = {{"model", PrintConfig(own)}};
  return json.dump(1);
}

}  // namespace tally

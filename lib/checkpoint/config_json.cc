#include "lib/checkpoint/config_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/config.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/model/layers.h"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;

// The reference's word for each value of an option.
template <typename Enum>
using Words = std::vector<std::pair<std::string, Enum>>;

const Words<ModelConfig::NormScheme> kNormSchemes = {{"pre", ModelConfig::PRE}, {"post", ModelConfig::POST}};
const Words<ModelConfig::Injection> kInjections = {{"add", ModelConfig::ADD}, {"none", ModelConfig::NO_INJECTION}};
const Words<ModelConfig::InitialState> kRandomStates = {
    {"embed", ModelConfig::EMBED}, {"normal", ModelConfig::NORMAL}, {"zero", ModelConfig::ZERO}};
const Words<ModelConfig::Head> kHeads = {
    {"identity", ModelConfig::IDENTITY}, {"ffn", ModelConfig::FFN}, {"linear", ModelConfig::LINEAR}};
const Words<PositionConfig::Table> kTables = {{"None", PositionConfig::NO_TABLE}, {"abacus", PositionConfig::ABACUS}};

template <typename Enum>
std::string WordOf(const Words<Enum>& words, Enum value) {
  for (const auto& [word, candidate] : words) {
    if (candidate == value) return word;
  }
  return "";
}

// Reads fields of one JSON object; remembers the first error.
class Fields {
 public:
  Fields(const Json& object, absl::string_view source, std::string prefix = "")
      : object_(object), source_(source), prefix_(std::move(prefix)) {}

  const absl::Status& status() const { return status_; }

  // The field as a T; `fallback` where it is missing or null.
  template <typename T>
  T Get(const std::string& name, T fallback) {
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) return fallback;
    if (!Holds<T>(*found)) {
      Fail(name, found->dump(), std::is_same_v<T, std::string> ? "a string" : "a number or truth value of its kind");
      return fallback;
    }
    return found->get<T>();
  }

  // The value whose word the field holds.
  template <typename Enum>
  Enum Choose(const std::string& name, const Words<Enum>& words, const std::string& fallback) {
    const std::string text = Get<std::string>(name, fallback);
    std::vector<std::string> known;
    for (const auto& [word, value] : words) {
      if (word == text) return value;
      known.push_back(word);
    }
    Fail(name, text, absl::StrCat("one of ", absl::StrJoin(known, ", ")));
    return words.front().second;
  }

  // An error where the field's JSON differs from `expected`: options whose other values are not known to Tally.
  void Require(const std::string& name, const Json& expected) {
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null() || *found == expected) return;
    Fail(name, found->dump(), expected.dump());
  }

  // The object called `name`; an error and an empty one where it is missing.
  Json Object(const std::string& name) {
    const auto found = object_.find(name);
    if (found != object_.end() && found->is_object()) return *found;
    Fail(name, found == object_.end() ? "nothing" : found->dump(), "an object");
    return Json::object();
  }

 private:
  template <typename T>
  static bool Holds(const Json& value) {
    if constexpr (std::is_same_v<T, std::string>) return value.is_string();
    if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
    if constexpr (std::is_integral_v<T>) return value.is_number_integer();
    return value.is_number();
  }

  void Fail(const std::string& name, absl::string_view found, absl::string_view expected) {
    if (!status_.ok()) return;
    status_ =
        BadInputError(absl::StrCat(source_, ": field ", prefix_, name, ": found ", found, ", expected ", expected));
  }

  const Json& object_;
  const std::string source_;
  const std::string prefix_;
  absl::Status status_;
};

absl::Status ReadEmbedding(const Json& json, absl::string_view source, ModelConfig* config) {
  Fields fields(json, source, "embedding.");
  config->set_vocabulary_size(fields.Get<int>("vocab_size", 0));
  PositionConfig* positions = config->mutable_positions();
  positions->set_table(fields.Choose("pos_embedding", kTables, "None"));
  positions->set_table_rows(fields.Get<int>("max_seq_length", 512));
  positions->set_max_offset(fields.Get<int>("max_abacus_len", 100));
  fields.Require("normalization", true);
  fields.Require("embedding_dim", config->hidden_size());
  return fields.status();
}

absl::Status ReadAttention(const Json& json, absl::string_view source, ModelConfig* config) {
  Fields fields(json, source, "attention.");
  AttentionConfig* attention = config->mutable_attention();
  attention->set_heads(fields.Get<int>("num_attention_heads", 0));
  attention->set_relative_clip(0);
  attention->set_unit_norm(false);
  attention->set_log_position(false);
  fields.Require("type", "pytorch");
  fields.Require("rotary_embedding", false);
  fields.Require("sub_normalization", false);
  fields.Require("qkv_bias", false);
  fields.Require("bias_in_proj", false);
  fields.Require("skip_output_projection", false);
  return fields.status();
}

void ReadShape(Fields& fields, ModelConfig* config) {
  config->set_hidden_size(fields.Get<int>("hidden_size", 0));
  config->set_intermediate_size(fields.Get<int>("intermed_size", 0));
  config->set_layers(fields.Get<int>("layers_in_recurrent_block", 0));
  config->set_recurrences(fields.Get<int>("maximal_recurrence", 0));
  // The reference's default: half of the passes carry gradient.
  config->set_backprop_recurrences(fields.Get<int>("max_backprop", std::max(config->recurrences() / 2, 1)));
  config->set_norm_epsilon(fields.Get<double>("norm_eps", 1e-12));
}

void ReadChoices(Fields& fields, ModelConfig* config) {
  config->set_norm_scheme(fields.Choose("norm_scheme", kNormSchemes, "post"));
  config->set_injection(fields.Choose("input_injection_type", kInjections, "add"));
  config->set_initial_state(fields.Get<bool>("initial_hidden_randomized", true)
                                ? fields.Choose("state_init", kRandomStates, "embed")
                                : ModelConfig::EMBEDDING);
  config->set_head(fields.Choose("head", kHeads, "ffn"));
  config->set_output_adapter(true);
  config->set_initialisation(ModelConfig::DEEPNORM_STRAIGHT);
  fields.Require("norm", "LayerNorm");
  fields.Require("nonlin", "GELUglu");
  fields.Require("sub_normalization", false);
  fields.Require("tie_weights", false);
  fields.Require("decoder_bias", false);
  fields.Require("use_bias", false);
  fields.Require("final_norm", true);
  fields.Require("forward_only_model_with_skip", false);
}

absl::StatusOr<ModelConfig> ReadReferenceFields(const Json& json, absl::string_view source) {
  ModelConfig config;
  Fields fields(json, source);
  ReadShape(fields, &config);
  ReadChoices(fields, &config);
  const Json embedding = fields.Object("embedding");
  const Json attention = fields.Object("attention");
  TALLY_RETURN_IF_ERROR(fields.status());
  TALLY_RETURN_IF_ERROR(ReadEmbedding(embedding, source, &config));
  TALLY_RETURN_IF_ERROR(ReadAttention(attention, source, &config));
  return config;
}

// Tally's own account of the model, which says more than the reference's fields can.
absl::StatusOr<std::optional<ModelConfig>> ReadTallyModel(const Json& json, absl::string_view source) {
  const auto tally = json.find("tally");
  if (tally == json.end()) return std::nullopt;
  if (!tally->is_object() || !tally->contains("model") || !(*tally)["model"].is_string()) {
    return BadInputError(absl::StrCat(source, ": field tally.model: found ", tally->dump(), ", expected a string"));
  }
  ModelConfig config;
  const absl::Status status =
      MergeConfigText((*tally)["model"].get<std::string>(), absl::StrCat(source, ": field tally.model"), &config);
  if (!status.ok()) return BadInputError(status.message());
  return config;
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
      {"norm", "LayerNorm"},
      {"norm_eps", config.norm_epsilon()},
      {"norm_scheme", WordOf(kNormSchemes, config.norm_scheme())},
      {"nonlin", "GELUglu"},
      {"sub_normalization", false},
      {"tie_weights", false},
      {"decoder_bias", false},
      {"use_bias", false},
      {"final_norm", true},
      {"head", WordOf(kHeads, config.head())},
      {"objective_layout", "TBPTT"},
  };
  json["embedding"] = {
      {"vocab_size", config.vocabulary_size()},
      {"pos_embedding", WordOf(kTables, config.positions().table())},
      {"max_seq_length", config.positions().table_rows()},
      {"embedding_dim", config.hidden_size()},
      {"normalization", true},
      {"stable_low_precision", false},
      {"max_abacus_len", config.positions().max_offset()},
  };
  json["attention"] = {
      {"type", "pytorch"},
      {"num_attention_heads", config.attention().heads()},
      {"skip_output_projection", false},
      {"qkv_bias", false},
      {"bias_in_proj", false},
      {"max_length", 0},
      {"rotary_embedding", false},
      {"seq_op_in_fp32", false},
      {"sequence_op", "torch-softmax"},
      {"sub_normalization", false},
  };
  json["init"] = {{"type", "deepnorm-straight"}, {"std", 0.02}};
  json["throttle"] = false;
  json["alpha"] = 1.0;
  json["mask_before_equals"] = true;
  json["local_compilation"] = true;
  json["loss_reduction"] = "mean";
  json["forward_only_model_with_skip"] = false;
  json["tally"] = {{"model", PrintConfig(config)}};
  return json.dump(1);
}

absl::StatusOr<ModelConfig> ModelConfigFromJson(absl::string_view text, absl::string_view source) {
  const Json json = Json::parse(text.begin(), text.end(), /*callback=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return BadInputError(absl::StrCat(source, ": found no JSON object, expected one"));
  TALLY_ASSIGN_OR_RETURN(std::optional<ModelConfig> own, ReadTallyModel(json, source));
  if (own.has_value()) return *own;
  return ReadReferenceFields(json, source);
}

}  // namespace tally

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/status_macros.h"
#include "lib/checkpoint/config_json.h"
#include "lib/checkpoint/reference_words.h"
#include "lib/config/config.h"
#include "lib/model/validate.h"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;

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
      Fail(name, ShortJson(*found),
           std::is_same_v<T, std::string> ? "a string" : "a number or truth value of its kind");
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
    Fail(name, ShortJson(*found), expected.dump());
  }

  // The object called `name`; an error and an empty one where it is missing.
  Json Object(const std::string& name) {
    const auto found = object_.find(name);
    if (found != object_.end() && found->is_object()) return *found;
    Fail(name, found == object_.end() ? "nothing" : ShortJson(*found), "an object");
    return Json::object();
  }

 private:
  template <typename T>
  static bool Holds(const Json& value) {
    if constexpr (std::is_same_v<T, std::string>) return value.is_string();
    if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
    if constexpr (std::is_integral_v<T>) return IsInt64(value) && value == value.template get<T>();
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
  config->set_embedding_norm(fields.Get<bool>("normalization", true));
  config->set_embedding_size(fields.Get<int>("embedding_dim", config->hidden_size()));
  PositionConfig* positions = config->mutable_positions();
  positions->set_table(fields.Choose("pos_embedding", kTables, "None"));
  positions->set_table_rows(fields.Get<int>("max_seq_length", 512));
  positions->set_max_offset(fields.Get<int>("max_abacus_len", 100));
  return fields.status();
}

// rotary_embedding is a truth value or a name.
AttentionConfig::Position ReadPosition(Fields& fields, const Json& json) {
  const auto found = json.find("rotary_embedding");
  if (found == json.end() || found->is_null() || *found == false) return AttentionConfig::NO_POSITION;
  if (*found == true) return AttentionConfig::ROPE;
  const Words<AttentionConfig::Position> names = {{"fire", AttentionConfig::FIRE}};
  return fields.Choose("rotary_embedding", names, "fire");
}

absl::Status ReadAttention(const Json& json, absl::string_view source, ModelConfig* config) {
  Fields fields(json, source, "attention.");
  AttentionConfig* attention = config->mutable_attention();
  attention->set_heads(fields.Get<int>("num_attention_heads", 0));
  attention->set_relative_clip(0);
  attention->set_unit_norm(false);
  attention->set_log_position(false);
  attention->set_logit_jitter(0);
  attention->set_packing(fields.Choose("type", kAttentionTypes, "pytorch"));
  attention->set_output_bias(fields.Get<bool>("bias_in_proj", false));
  if (attention->packing() == AttentionConfig::BY_HEAD) {
    attention->set_position(ReadPosition(fields, json));
    attention->set_random_positions(fields.Get<int>("max_length", 0));
    attention->set_sub_normalization(fields.Get<bool>("sub_normalization", false));
    attention->set_input_bias(fields.Get<bool>("qkv_bias", false));
  } else {  // PyTorch's attention has none of these, whatever the other fields say
    attention->set_input_bias(attention->output_bias());
    fields.Require("qkv_bias", false);
  }
  fields.Require("sequence_op", "torch-softmax");
  fields.Require("skip_output_projection", false);
  return fields.status();
}

void ReadShape(Fields& fields, ModelConfig* config) {
  config->set_hidden_size(fields.Get<int>("hidden_size", 0));
  config->set_intermediate_size(fields.Get<int>("intermed_size", 0));
  config->set_layers(fields.Get<int>("layers_in_recurrent_block", 0));
  config->set_recurrences(fields.Get<int>("maximal_recurrence", 0));
  // The reference's default: half of the recurrences carry gradient.
  config->set_backprop_recurrences(fields.Get<int>("max_backprop", std::max(config->recurrences() / 2, 1)));
  config->set_norm_epsilon(fields.Get<double>("norm_eps", 1e-12));
}

void ReadNonlinearity(Fields& fields, ModelConfig* config) {
  std::string word = fields.Get<std::string>("nonlin", "GELUglu");
  config->set_gated(absl::EndsWith(word, "glu"));
  Words<ModelConfig::Nonlinearity> words = kNonlinearities;
  for (auto& [name, value] : words) name += config->gated() ? "glu" : "";
  config->set_nonlinearity(fields.Choose("nonlin", words, "GELUglu"));
}

void ReadChoices(Fields& fields, ModelConfig* config) {
  config->set_norm(fields.Choose("norm", kNorms, "LayerNorm"));
  config->set_norm_scheme(fields.Choose("norm_scheme", kNormSchemes, "post"));
  config->set_injection(fields.Choose("input_injection_type", kInjections, "add"));
  config->set_initial_state(fields.Get<bool>("initial_hidden_randomized", true)
                                ? fields.Choose("state_init", kRandomStates, "embed")
                                : ModelConfig::EMBEDDING);
  config->set_head(fields.Choose("head", kHeads, "ffn"));
  config->set_output_adapter(true);
  config->set_sub_normalization(fields.Get<bool>("sub_normalization", false));
  config->set_tied(fields.Get<bool>("tie_weights", false));
  config->set_output_bias(fields.Get<bool>("decoder_bias", false));
  config->set_linear_bias(fields.Get<bool>("use_bias", false));
  config->set_final_norm(fields.Get<bool>("final_norm", true));
  config->set_separate_blocks(fields.Get<bool>("forward_only_model_with_skip", false));
}

absl::Status ReadInit(const Json& json, absl::string_view source, ModelConfig* config) {
  Fields fields(json, source, "init.");
  config->set_initialisation(fields.Choose("type", kInitialisations, "deepnorm-straight"));
  config->set_initialisation_deviation(fields.Get<double>("std", 0.02));
  return fields.status();
}

absl::StatusOr<ModelConfig> ReadReferenceFields(const Json& json, absl::string_view source) {
  ModelConfig config;
  Fields fields(json, source);
  ReadShape(fields, &config);
  ReadNonlinearity(fields, &config);
  ReadChoices(fields, &config);
  const Json embedding = fields.Object("embedding");
  const Json attention = fields.Object("attention");
  TALLY_RETURN_IF_ERROR(fields.status());
  TALLY_RETURN_IF_ERROR(ReadEmbedding(embedding, source, &config));
  TALLY_RETURN_IF_ERROR(ReadAttention(attention, source, &config));
  TALLY_RETURN_IF_ERROR(ReadInit(json.value("init", Json::object()), source, &config));
  return config;
}

// Tally's own account of the model, which says more than the reference's fields can.
absl::StatusOr<std::optional<ModelConfig>> ReadTallyModel(const Json& json, absl::string_view source) {
  const auto tally = json.find("tally");
  if (tally == json.end()) return std::nullopt;
  if (!tally->is_object() || !tally->contains("model") || !(*tally)["model"].is_string()) {
    return BadInputError(absl::StrCat(source, ": field tally.model: found ", ShortJson(*tally), ", expected a string"));
  }
  ModelConfig config;
  const absl::Status status =
      MergeConfigText((*tally)["model"].get<std::string>(), absl::StrCat(source, ": field tally.model"), &config);
  if (!status.ok()) return BadInputError(status.message());
  TALLY_RETURN_IF_ERROR(UpgradeModelConfig(absl::StrCat(source, ": field tally.model"), &config));
  return config;
}

}  // namespace

absl::StatusOr<ModelConfig> ModelConfigFromJson(absl::string_view text, absl::string_view source) {
  const Json json = ParseJson<Json>(text);
  if (!json.is_object()) return BadInputError(absl::StrCat(source, ": found no JSON object, expected one"));
  TALLY_ASSIGN_OR_RETURN(std::optional<ModelConfig> own, ReadTallyModel(json, source));
  if (own.has_value()) return *own;
  return ReadReferenceFields(json, source);
}

}  // namespace tally

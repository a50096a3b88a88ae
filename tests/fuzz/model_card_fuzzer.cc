// config.json, Tally's and the reference's, with or without a tokenizer.json beside it.

#include "lib/checkpoint/config_json.h"
#include "lib/checkpoint/model_card.h"
#include "lib/model/validate.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

// A model that can be built is the same after a file.
void CheckModel(const ModelConfig& config) {
  const absl::Status valid = ValidateModelConfig(config);
  if (!valid.ok()) return CheckRefusal(valid);
  const absl::StatusOr<ModelConfig> again = ModelConfigFromJson(ModelConfigToJson(config), "copy");
  TALLY_LAW(again.ok() && ModelConfigToJson(*again) == ModelConfigToJson(config));
}

}  // namespace

void CheckLaws(absl::string_view input) {
  static const TestFolder& folder = *new TestFolder;
  const absl::StatusOr<ModelConfig> config = ModelConfigFromJson(input, "file");
  if (!config.ok()) return CheckRefusal(config.status());
  CheckModel(*config);
  folder.Write("config.json", input);
  const absl::StatusOr<ModelCard> card = ReadModelCard(folder.path());
  if (!card.ok()) return CheckRefusal(card.status());
  TALLY_LAW(card->data.vocabulary.size() == card->config.vocabulary_size());
  if (!ValidateModelConfig(card->config).ok()) return;
  folder.Write("config.json", ModelCardToJson(*card));
  const absl::StatusOr<ModelCard> again = ReadModelCard(folder.path());
  TALLY_LAW(again.ok() && ModelCardToJson(*again) == ModelCardToJson(*card));
}

std::vector<std::string> Seeds() {
  ModelCard card;
  card.config.set_vocabulary_size(card.data.vocabulary.size());
  std::string several = ModelCardToJson(card);
  ModelConfig fire;
  fire.mutable_attention()->set_position(AttentionConfig::FIRE);
  fire.set_separate_blocks(true);
  return {several, ModelConfigToJson(fire),
          R"({"hidden_size":64,"intermed_size":128,"layers_in_recurrent_block":1,"maximal_recurrence":4,)"
          R"("embedding":{"vocab_size":19,"pos_embedding":"abacus"},"attention":{"num_attention_heads":4,)"
          R"("type":"self-attention","rotary_embedding":"fire"},"norm":"LayerNorm","nonlin":"GELUglu","init":{}})",
          R"({"tally":{"model":"hidden_size: 32","step":5,"tasks":[{"task":"addition","digit_order":"all","layout":"",)"
          R"("trained_first":[1,2],"trained_second":[1,2]}]}})"};
}

std::vector<std::string> Words() {
  return {"\"tally\":",
          "\"model\":",
          "\"step\":",
          "\"tasks\":",
          "\"task\":",
          "\"digit_order\":",
          "\"layout\":",
          "\"trained_first\":",
          "\"embedding\":",
          "\"attention\":",
          "\"hidden_size\":",
          "4294967297",
          "null",
          "true",
          "1e308",
          "-1",
          "[",
          "]",
          "{",
          "}",
          "\"sorting\"",
          "\"multiplication\"",
          "format: 2",
          "\\n",
          "max_backprop"};
}

}  // namespace tally::fuzz

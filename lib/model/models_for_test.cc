#include "lib/model/models_for_test.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cstdlib>

#include "google/protobuf/text_format.h"
#include "lib/base/random.h"

namespace tally {

ModelConfig Recipe() {
  ModelConfig config;
  config.set_hidden_size(16);
  config.mutable_attention()->set_heads(2);
  return config;
}

// The published looped model, small.
ModelConfig Reference() {
  ModelConfig config = Recipe();
  config.set_layers(2);
  config.set_norm_scheme(ModelConfig::POST);
  config.set_initial_state(ModelConfig::EMBED);
  config.set_head(ModelConfig::FFN);
  config.set_output_adapter(true);
  config.set_initialisation(ModelConfig::DEEPNORM_STRAIGHT);
  config.mutable_positions()->set_table(PositionConfig::ABACUS);
  config.mutable_attention()->set_relative_clip(0);
  config.mutable_attention()->set_unit_norm(false);
  config.mutable_attention()->set_log_position(false);
  config.mutable_attention()->set_logit_jitter(0);
  return config;
}

ModelConfig ConfigWith(ModelConfig base, const std::string& text) {
  if (!google::protobuf::TextFormat::MergeFromString(text, &base)) std::abort();
  return base;
}

std::vector<NamedModel> EveryModelConfig() {
  // A recurrence for each digit of the second operand, whose number attention knows.
  constexpr char kOneADigit[] =
      "recurrences: 1 recurrences_per_digit: 1 recurrence_operand: SECOND_OPERAND "
      "attention { relative_clip: 2 shift_clip: 2 key_clip: 1 } ";
  const ModelConfig recipe = Recipe(), reference = Reference();
  return {
      {"Recipe", recipe},
      {"Reference", reference},
      {"NoPositions", ConfigWith(reference, "positions { table: NO_TABLE }")},
      {"Learned", ConfigWith(reference, "positions { table: LEARNED table_rows: 700 }")},
      {"LearnedRand", ConfigWith(reference, "positions { table: LEARNED_RAND table_rows: 700 }")},
      {"Sinusoidal", ConfigWith(reference, "positions { table: SINUSOIDAL }")},
      {"ScaledSinusoidal", ConfigWith(reference, "positions { table: SCALED_SINUSOIDAL }")},
      {"Coupled", ConfigWith(reference, "positions { table: COUPLED }")},
      {"CoupledLevels", ConfigWith(reference, "positions { table: COUPLED_LEVELS test_offset: 3 }")},
      {"Rope", ConfigWith(reference, "attention { position: ROPE packing: BY_HEAD }")},
      {"Fire", ConfigWith(reference, "attention { position: FIRE packing: BY_HEAD }")},
      {"Alibi", ConfigWith(reference, "attention { position: ALIBI } positions { table: NO_TABLE }")},
      {"FireInTheRecipe", ConfigWith(recipe, "attention { position: FIRE }")},
      {"TwoCoordinates", ConfigWith(recipe, "attention { ids: DIGIT_WEIGHT_AND_OPERAND }")},
      {"Scratchpad", ConfigWith(recipe, "attention { ids: SCRATCHPAD second_clip: 1 } positions { segments: true }")},
      {"EveryBias", ConfigWith(reference,
                               "linear_bias: true output_bias: true attention { input_bias: true output_bias: "
                               "true sub_normalization: true } sub_normalization: true")},
      {"Factorised", ConfigWith(reference, "embedding_size: 8 tied: true")},
      {"LowRank", ConfigWith(recipe, "matrix_rank: 3 injection: LINEAR_INJECTION")},
      {"SharedKeysAndValues", ConfigWith(recipe, "attention { heads: 4 key_value_heads: 2 input_bias: true }")},
      {"WithoutContent", ConfigWith(recipe, "attention { heads: 4 key_value_heads: 1 content: false } matrix_rank: 2")},
      {"SeparateBlocks", ConfigWith(reference, "separate_blocks: true")},
      {"LinearInjection", ConfigWith(recipe, "injection: LINEAR_INJECTION initial_state: UNIT")},
      {"FfnInjection", ConfigWith(recipe, "injection: FFN_INJECTION head: LINEAR initial_state: NORMAL")},
      {"NoInjection", ConfigWith(recipe, "injection: NO_INJECTION initial_state: EMBEDDING final_norm: false")},
      {"RmsSandwich", ConfigWith(recipe, "norm: RMS_NORM norm_scheme: SANDWICH nonlinearity: SILU")},
      {"ScaleDeepnorm", ConfigWith(recipe, "norm: SCALE_NORM norm_scheme: DEEPNORM nonlinearity: TANH")},
      {"ShapedUngated", ConfigWith(recipe, "norm_scheme: SHAPED gated: false nonlinearity: RELU")},
      {"KnowsTheRecurrence", ConfigWith(recipe, std::string(kOneADigit) + "state { handed_on: NORMED }")},
      {"StateAsProbabilities",
       ConfigWith(recipe, std::string(kOneADigit) + "state { handed_on: PROBABILITIES variables: 2 values: 10 }")},
      {"StateAsArgmax",
       ConfigWith(recipe, std::string(kOneADigit) + "layers: 2 state { handed_on: ARGMAX variables: 2 values: 3 }")},
      {"CountsOperands",
       ConfigWith(recipe,
                  "recurrences: 1 recurrences_per_digit: 1 recurrence_operand: OPERAND_COUNT attention { "
                  "ids: DIGIT_WEIGHT_AND_OPERAND second_clip: 1 relative_clip: 1 key_clip: 1 "
                  "recurrence_counts: OPERANDS }")},
      {"Local", ConfigWith(recipe, "attention { local: true log_power: 0 }")},
      {"LocalAndKnowsTheRecurrence",
       ConfigWith(recipe, std::string(kOneADigit) + "attention { local: true far_key_bias_jitter: 0 }")},
      {"LocalInTwoCoordinates",
       ConfigWith(recipe,
                  "recurrences: 1 recurrences_per_digit: 1 recurrence_operand: OPERAND_COUNT attention { local: true "
                  "ids: DIGIT_WEIGHT_AND_OPERAND second_clip: 1 key_clip: 1 recurrence_counts: OPERANDS }")},
      {"SortsInRounds",
       ConfigWith(recipe,
                  "recurrences: 1 recurrences_per_digit: 1 recurrence_operand: EVERY_OPERAND attention { local: true "
                  "ids: LABELLED_NUMBERS relative_clip: 1 key_clip: 1 }")},
      {"SortsInRows", ConfigWith(recipe, "attention { ids: LABELLED_SCRATCHPAD relative_clip: 2 second_clip: 2 }")},
      {"Tied", ConfigWith(recipe, "tied: true norm: SCALE_NORM")},
      {"Simple", ConfigWith(recipe, "norm_scheme: SIMPLE nonlinearity: SIGMOID embedding_norm: false")},
  };
}

std::unique_ptr<Model> WithRandomParameters(const ModelConfig& config, uint64_t seed) {
  std::unique_ptr<Model> model = *Model::Create(config, seed);
  const at::NoGradGuard no_grad;
  uint64_t i = 0;
  for (const Parameter& parameter : model->parameters().entries()) {
    Random random(seed, RandomStream::kTest, i++);
    if (!parameter.trained) continue;
    float* const values = parameter.tensor.data_ptr<float>();
    for (int64_t k = 0; k < parameter.tensor.numel(); ++k) values[k] += 0.4 * random.Normal();
  }
  return model;
}

}  // namespace tally

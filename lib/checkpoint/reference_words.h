// The reference's words for values of options. Internal to lib/checkpoint.
#ifndef TALLY_LIB_CHECKPOINT_REFERENCE_WORDS_H_
#define TALLY_LIB_CHECKPOINT_REFERENCE_WORDS_H_

#include <string>
#include <utility>
#include <vector>

#include "lib/model/model_config.pb.h"

namespace tally {

template <typename Enum>
using Words = std::vector<std::pair<std::string, Enum>>;

inline const Words<ModelConfig::NormScheme> kNormSchemes = {
    {"pre", ModelConfig::PRE},           {"post", ModelConfig::POST},     {"sandwich", ModelConfig::SANDWICH},
    {"deepnorm", ModelConfig::DEEPNORM}, {"shaped", ModelConfig::SHAPED}, {"simple", ModelConfig::SIMPLE}};
inline const Words<ModelConfig::NormKind> kNorms = {
    {"LayerNorm", ModelConfig::LAYER_NORM}, {"RMSNorm", ModelConfig::RMS_NORM}, {"ScaleNorm", ModelConfig::SCALE_NORM}};
// Names of PyTorch's modules; "glu" after one of them makes feed-forward layers gated.
inline const Words<ModelConfig::Nonlinearity> kNonlinearities = {{"GELU", ModelConfig::GELU},
                                                                 {"ReLU", ModelConfig::RELU},
                                                                 {"SiLU", ModelConfig::SILU},
                                                                 {"Tanh", ModelConfig::TANH},
                                                                 {"Sigmoid", ModelConfig::SIGMOID}};
inline const Words<ModelConfig::Injection> kInjections = {{"add", ModelConfig::ADD},
                                                          {"none", ModelConfig::NO_INJECTION},
                                                          {"linear", ModelConfig::LINEAR_INJECTION},
                                                          {"ffn", ModelConfig::FFN_INJECTION}};
inline const Words<ModelConfig::InitialState> kRandomStates = {{"embed", ModelConfig::EMBED},
                                                               {"normal", ModelConfig::NORMAL},
                                                               {"zero", ModelConfig::ZERO},
                                                               {"unit", ModelConfig::UNIT}};
inline const Words<ModelConfig::Head> kHeads = {
    {"identity", ModelConfig::IDENTITY}, {"ffn", ModelConfig::FFN}, {"linear", ModelConfig::LINEAR}};
inline const Words<ModelConfig::Initialisation> kInitialisations = {
    {"deepnorm-straight", ModelConfig::DEEPNORM_STRAIGHT},
    {"deepnorm-subln", ModelConfig::DEEPNORM_SUBLN},
    {"deepnorm-normal", ModelConfig::DEEPNORM_NORMAL},
    {"deepnorm-as-is", ModelConfig::DEEPNORM_AS_IS},
    {"normal", ModelConfig::NORMAL_DEVIATION},
    {"small", ModelConfig::SMALL},
    {"megatron", ModelConfig::MEGATRON},
    {"wang", ModelConfig::WANG},
    {"as-is", ModelConfig::LIBRARY}};
inline const Words<PositionConfig::Table> kTables = {
    {"None", PositionConfig::NO_TABLE},         {"abacus", PositionConfig::ABACUS},
    {"learned", PositionConfig::LEARNED},       {"learned_rand", PositionConfig::LEARNED_RAND},
    {"sinusoidal", PositionConfig::SINUSOIDAL}, {"scaled-sinusoidal", PositionConfig::SCALED_SINUSOIDAL}};
inline const Words<AttentionConfig::Packing> kAttentionTypes = {{"pytorch", AttentionConfig::BY_ROLE},
                                                                {"self-attention", AttentionConfig::BY_HEAD}};

// The word for `value`, "" where the reference has none.
template <typename Enum>
std::string WordOf(const Words<Enum>& words, Enum value) {
  for (const auto& [word, candidate] : words) {
    if (candidate == value) return word;
  }
  return "";
}

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_REFERENCE_WORDS_H_

// Small models of every kind, for tests of laws that all obey.
#ifndef TALLY_LIB_MODEL_MODELS_FOR_TEST_H_
#define TALLY_LIB_MODEL_MODELS_FOR_TEST_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "lib/model/model.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// The default recipe and the published looped model, with few features.
ModelConfig Recipe();
ModelConfig Reference();

// `base` with the fields of `text`, a text-format ModelConfig, merged over it.
ModelConfig ConfigWith(ModelConfig base, const std::string& text);

struct NamedModel {
  const char* name;
  ModelConfig config;

  friend void PrintTo(const NamedModel& model, std::ostream* out) { *out << model.name; }
};

// One of every option, each over the recipe or the published model.
std::vector<NamedModel> EveryModelConfig();

// A model whose parameters are far from their initial values, a pure function of (config, seed): a recipe's residual
// branches begin at zero, so a fresh model would not show what they do.
std::unique_ptr<Model> WithRandomParameters(const ModelConfig& config, uint64_t seed);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_MODELS_FOR_TEST_H_

// Which model configurations are valid. Torch-free.
#ifndef TALLY_LIB_MODEL_VALIDATE_H_
#define TALLY_LIB_MODEL_VALIDATE_H_

#include "absl/status/status.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// UsageError naming the first field that makes no sense (heads that do not divide hidden_size, sizes below 1, ...).
absl::Status ValidateModelConfig(const ModelConfig& config);

// Whether a recurrence hands on the values of the state's variables and nothing else.
bool HandsOnVariablesAlone(const ModelConfig& config);

// UsageError where variables are handed on and there is none: known once training data are.
absl::Status CheckStateVariables(const ModelConfig& config);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_VALIDATE_H_

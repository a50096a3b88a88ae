// Which model configurations are valid. Torch-free.
#ifndef TALLY_LIB_MODEL_VALIDATE_H_
#define TALLY_LIB_MODEL_VALIDATE_H_

#include "absl/status/status.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// UsageError naming the first field that makes no sense (heads that do not divide hidden_size, sizes below 1, ...).
absl::Status ValidateModelConfig(const ModelConfig& config);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_VALIDATE_H_

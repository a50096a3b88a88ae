// config.json: the architecture under the reference's field names (docs/formats/run_folder.md), so that both sides read
// it.
#ifndef TALLY_LIB_CHECKPOINT_CONFIG_JSON_H_
#define TALLY_LIB_CHECKPOINT_CONFIG_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// `config` in the reference's fields. What the reference does not have is under "tally", as the string "model" in
// protobuf text format; facts of training, which the caller adds, stand there too.
std::string ModelConfigToJson(const ModelConfig& config);

// Reads config.json or the reference's model_config.json. BadInput names `source`, the field, what was found, and the
// values that are known. Fields that have no effect on the forward pass are not read.
absl::StatusOr<ModelConfig> ModelConfigFromJson(absl::string_view text, absl::string_view source);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_CONFIG_JSON_H_

// Stored configurations of models that are older than this program. Torch-free.
//
// Format 0 has no number. It lacks the fields that are younger than the program that wrote it, and goes on without what
// they do:
//
//   attention.logit_jitter   0   since d2d2be4
//   attention.far_key_bias_jitter     0   since 5615ab4
//   attention.log_power      1   since 627c263
//
// Format 1 has every field, whatever later defaults are. A field whose default changes what a stored model does needs a
// new format: the default of ModelConfig.format, and a function like the one for format 0.
#ifndef TALLY_LIB_MODEL_CONFIG_FORMAT_H_
#define TALLY_LIB_MODEL_CONFIG_FORMAT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// Brings `config`, as a file has it, to this program's format. BadInput, beginning with `source`, for a format that is
// newer than this program. Not for what people write by hand: there, a field that is not set stands for its default.
absl::Status UpgradeModelConfig(absl::string_view source, ModelConfig* config);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_CONFIG_FORMAT_H_

// Configurations of models: which are valid, and stored ones that are older than this program. Torch-free.
//
// A stored configuration of format 0 has no number. It lacks the fields that are younger than the program that wrote
// it, and goes on without what they do:
//
//   attention.logit_jitter          0   since d2d2be4
//   attention.far_key_bias_jitter   0   since 5615ab4
//   attention.log_power             1   since 627c263
//
// Format 1 has every field, whatever later defaults are. A field whose default changes what a stored model does needs a
// new format: the default of ModelConfig.format, and a function like the one for format 0.
#ifndef TALLY_LIB_MODEL_VALIDATE_H_
#define TALLY_LIB_MODEL_VALIDATE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// UsageError naming the first field that makes no sense (heads that do not divide hidden_size, sizes below 1, ...).
absl::Status ValidateModelConfig(const ModelConfig& config);

// Width of the feed-forward layers, GEGLU's two halves together, and of the tables before the adapter: as configured,
// or four times hidden_size and hidden_size.
int64_t IntermediateSize(const ModelConfig& config);
int64_t EmbeddingSize(const ModelConfig& config);

// Heads of keys and values: as configured, or as many as of queries.
int64_t KeyValueHeads(const AttentionConfig& attention);

// Whether a recurrence hands on the values of the state's variables and nothing else.
bool HandsOnVariablesAlone(const ModelConfig& config);

// UsageError where variables are handed on and there is none: known once training data are.
absl::Status CheckStateVariables(const ModelConfig& config);

// Brings `config`, as a file has it, to this program's format. BadInput, beginning with `source`, for a format that is
// newer than this program. Not for what people write by hand: there, a field that is not set stands for its default.
absl::Status UpgradeModelConfig(absl::string_view source, ModelConfig* config);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_VALIDATE_H_

// Configuration as protobuf text: a file, then `path=value` assignments, the later wins; repeated fields grow.
// Where a function returns an error, `config` is as it was. Old names of fields and values are read as the new ones; in
// what a person hands in (MergeConfigFile, SetConfigField) each is told of by a line on standard error.
#ifndef TALLY_LIB_CONFIG_CONFIG_H_
#define TALLY_LIB_CONFIG_CONFIG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace tally {

// Merges the text-format file at `path` into `config`. UsageError `PATH:LINE:COLUMN: ...` for an unknown field (with
// the nearest name) or a bad value; MissingInput where there is no such file. "-" is standard input.
absl::Status MergeConfigFile(const std::string& path, google::protobuf::Message* config);

// Merges text-format `text`; `name` stands for the path in messages.
absl::Status MergeConfigText(absl::string_view text, absl::string_view name, google::protobuf::Message* config);

// Applies one assignment such as `model.hidden_size=128`: a path of field names, then a value as text format writes
// it (the quotes of strings may be left out). A repeated field gets one element more. UsageError for an unknown field
// (with the nearest name) or a bad value.
absl::Status SetConfigField(absl::string_view assignment, google::protobuf::Message* config);

// Sets every single field of `message` that is not set, those of its messages too, to its default.
void FillDefaults(google::protobuf::Message* message);

// `config` in text format, every set field on its own line; MergeConfigText reads it back.
std::string PrintConfig(const google::protobuf::Message& config);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_CONFIG_H_

// Configuration as protobuf text: a file, then `path=value` assignments, the later wins; repeated fields grow. And what
// one layer of it changed in those before it.
//
// Where a function returns an error, `config` is as it was. Old names of fields and values are read as the new ones; in
// what a person hands in (MergeConfigFile, SetConfigField) each is told of by a line on standard error.
#ifndef TALLY_LIB_CONFIG_CONFIG_H_
#define TALLY_LIB_CONFIG_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace tally {

// A longer file is no configuration. Memory is a multiple of a file's size.
inline constexpr int64_t kMaxConfigBytes = int64_t{16} << 20;

// Merges the text-format file at `path` into `config`. UsageError `PATH:LINE:COLUMN: ...` for an unknown field (with
// the nearest name) or a bad value; BadInput beyond kMaxConfigBytes; MissingInput where there is no such file. "-" is
// standard input.
absl::Status MergeConfigFile(const std::string& path, google::protobuf::Message* config);

// Merges text-format `text`; `name` stands for the path in messages.
absl::Status MergeConfigText(absl::string_view text, absl::string_view name, google::protobuf::Message* config);

// Applies one assignment such as `model.hidden_size=128`: a path of field names, then a value as text format writes
// it (the quotes of strings may be left out, and enum values be in small letters). A repeated field gets one element
// more. UsageError for an unknown field (with the nearest name) or a bad value.
absl::Status SetConfigField(absl::string_view assignment, google::protobuf::Message* config);

// Sets every single field of `message` that is not set, those of its messages too, to its default.
void FillDefaults(google::protobuf::Message* message);

// `config` in text format, every set field on its own line; MergeConfigText reads it back.
std::string PrintConfig(const google::protobuf::Message& config);

struct Override {
  std::string path;    // of the field, such as train.steps
  std::string before;  // its value in text format; lists in brackets
  std::string after;
  std::string source;  // a file, --set or the like
};

// The fields whose values differ in `before` and `after`, two messages of one type, in the order of the .proto files. A
// field that is not set has its default. `source` is what made them differ.
std::vector<Override> Overrides(const google::protobuf::Message& before, const google::protobuf::Message& after,
                                const std::string& source);

// `train.steps: 0 -> 100 (--set)`.
std::string OverrideText(const Override& change);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_CONFIG_H_

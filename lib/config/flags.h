// Command lines: flags are fields of messages, found by reflection (field_options.proto).
#ifndef TALLY_LIB_CONFIG_FLAGS_H_
#define TALLY_LIB_CONFIG_FLAGS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// A flag: the field at the end of `path`, which starts at `message`.
struct Flag {
  std::string name;
  std::string group;  // title in --help
  google::protobuf::Message* message = nullptr;
  std::vector<const google::protobuf::FieldDescriptor*> path;

  const google::protobuf::FieldDescriptor& field() const { return *path.back(); }

  // The path as --set writes it, such as `train.steps`.
  std::string PathText() const;

  // True for flags that need no value, --name and --noname.
  bool IsBool() const;
};

// A flag for each field of `options`, and of the messages within it, under the field's name.
std::vector<Flag> FlagsOf(google::protobuf::Message* options);

// A flag for each field of `configuration`, and of the messages within it, whose options name a flag.
std::vector<Flag> NamedFlagsOf(google::protobuf::Message* configuration);

// Sets the field of `flag` from `text`, or adds to it where it is repeated. Names of enum values may be in lower case.
// UsageError `bad value "TEXT" for --NAME: expected ...`.
absl::Status SetFlag(const Flag& flag, absl::string_view text);

// What a command line says beside its flags.
struct CommandLine {
  std::vector<std::string> arguments;  // words that are not flags
  bool wants_version = false;
  bool wants_help = false;
  std::string help_form;  // of --help=FORM
};

// Sets `flags` from the words of a command line, the last value of a flag that is given several times, all of a
// repeated one. Forms: --name=value, --name value, for bool flags --name and --noname; `--` ends the flags. Old names
// are taken too, with a line on standard error. Reading ends at --help and --version. UsageError for an unknown flag
// (with the nearest name, and the hint that TOOL --help lists them), a value that is none, and a number that is out of
// range, but for flags of configurations, which are checked with the whole.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& words, const std::vector<Flag>& flags,
                                             absl::string_view tool);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_FLAGS_H_

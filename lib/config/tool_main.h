// What the mains of all tools share: flags, --help, --version, exit codes, closed pipes; and what a tool says about
// itself (lib/config/manual.h), all made from the messages that hold its options.
#ifndef TALLY_LIB_CONFIG_TOOL_MAIN_H_
#define TALLY_LIB_CONFIG_TOOL_MAIN_H_

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/config/flags.h"

namespace tally {

struct ToolExample {
  std::string command;
  std::string comment;  // what it does, one line
};

struct Tool {
  std::string name;
  std::string purpose;   // one line
  std::string synopsis;  // "datagen --task=addition [flags] > problems.txt"
  std::vector<ToolExample> examples;
  std::vector<google::protobuf::Message*> options;     // whose fields are flags, under the fields' names
  google::protobuf::Message* configuration = nullptr;  // whose fields are flags where they name one; may be null
  std::string version_details = "";                    // lines that --version adds; may be empty
  bool takes_arguments = false;                        // else words that are not flags are a usage error
  // What shells complete beside names of enum values: the words that a flag of type text takes, by its name; under ""
  // those that may come first of the words that are not flags.
  std::map<std::string, std::vector<std::string>> words = {};
};

// All flags of `tool`, in the order of its messages.
std::vector<Flag> FlagsOfTool(const Tool& tool);

// Writes `text` to standard output. Errors of OutputStream.
absl::Status PrintText(absl::string_view text);

// Sets the messages of `tool` from the command line (ParseCommandLine, lib/config/flags.h) and calls `run` with the
// words that are not flags. Returns the exit code for its status, after printing `NAME: message` on standard error
// where it failed.
//
// --help prints the manual on standard output, --version name, commit and `version_details`; both exit with 0.
// --help=markdown prints the page docs/options/NAME.md, --help=configuration that of the configuration, --help=man,
// --help=bash and --help=zsh what is installed of the tool beside its binary (lib/config/manual.h). SIGPIPE and SIGXFSZ
// are ignored, so that writers see OutputClosed and IoError. An exception that leaves `run` ends the tool with exit
// code 74 where it tells of memory or threads that the machine does not give, else 70.
int RunTool(int argc, char** argv, const Tool& tool,
            const std::function<absl::Status(const std::vector<std::string>&)>& run);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_TOOL_MAIN_H_

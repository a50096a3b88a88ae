// What the mains of all tools share: flags, --help, --version, exit codes, closed pipes.
//
// Flags are ABSL_FLAGs of the tool's main.cc. RunTool parses them itself, because Abseil's parser exits with 1 for an
// unknown flag and for --help, and lists every flag that is linked in.
#ifndef TALLY_LIB_CONFIG_TOOL_MAIN_H_
#define TALLY_LIB_CONFIG_TOOL_MAIN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tally {

struct ToolExample {
  std::string command;
  std::string comment;  // what it does, one line
};

struct FlagGroup {
  std::string title;
  std::vector<std::string> flags;  // names, in the order in which --help lists them
};

struct Tool {
  std::string name;
  std::string purpose;   // one line
  std::string synopsis;  // "datagen --task=addition [flags] > problems.txt"
  std::vector<ToolExample> examples;
  std::vector<FlagGroup> groups;  // every flag of the tool stands in one of them
  std::string version_details;    // lines that --version adds, such as LibTorch's version; may be empty
  bool takes_arguments = false;   // else words that are no flags are a usage error
};

// Parses argv against the flags named in `tool.groups` and calls `run` with the words that are no flags. Returns the
// exit code for its status, after printing `NAME: message` on standard error where it failed.
//
// Forms of a flag: --name=value, --name value, and for bool flags --name and --noname; `--` ends the flags. --help
// prints the manual on standard output, --version name, commit and `version_details`; both exit with 0.
// An unknown flag is a usage error that names the nearest one. A ListFlag (lib/config/list_flag.h) that is given
// several times collects all its values; of other flags the last value counts. SIGPIPE and SIGXFSZ are ignored, so that
// writers see OutputClosed and IoError. An exception that leaves `run` ends the tool with exit code 70.
int RunTool(int argc, char** argv, const Tool& tool,
            const std::function<absl::Status(const std::vector<std::string>&)>& run);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_TOOL_MAIN_H_

// What the mains of all tools share: flags, --help, --version, exit codes, closed pipes.
#ifndef TALLY_LIB_CONFIG_TOOL_MAIN_H_
#define TALLY_LIB_CONFIG_TOOL_MAIN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/config/manual.h"

namespace tally {

// Writes `text` to standard output. Errors of OutputStream.
absl::Status PrintText(absl::string_view text);

// Sets the messages of `tool` from the command line (ParseCommandLine, lib/config/flags.h) and calls `run` with the
// words that are not flags. Returns the exit code for its status, after printing `NAME: message` on standard error
// where it failed.
//
// --help prints the manual on standard output, --version name, commit and `version_details`; both exit with 0.
// --help=markdown prints the page docs/options/NAME.md, --help=configuration that of the configuration. SIGPIPE and
// SIGXFSZ are ignored, so that writers see OutputClosed and IoError. An exception that leaves `run` ends the tool with
// exit code 70.
int RunTool(int argc, char** argv, const Tool& tool,
            const std::function<absl::Status(const std::vector<std::string>&)>& run);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_TOOL_MAIN_H_

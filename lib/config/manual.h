// The pages about a tool: --help, docs/options, man page and completions; and what they share.
#ifndef TALLY_LIB_CONFIG_MANUAL_H_
#define TALLY_LIB_CONFIG_MANUAL_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "lib/config/flags.h"
#include "lib/config/tool_main.h"

namespace tally {

// The flags of a tool that one title stands over.
struct FlagGroup {
  std::string title;
  std::vector<Flag> flags;
};

// The flags of `tool` by title, in the order of each title's first flag.
std::vector<FlagGroup> FlagGroups(const Tool& tool);

// The name without dashes; of one that needs no value, with `[no]` before it.
std::string ShownName(const Flag& flag);

// The help of a flag, and in brackets the field of the configuration that it sets, or its default.
std::string HelpOf(const Flag& flag);

// What --help prints: purpose, synopsis, examples, flags by group.
std::string HelpText(const Tool& tool);

// The page docs/options/NAME.md, in Markdown: the same with types and ranges.
std::string OptionPage(const Tool& tool);

// The page docs/options/configuration.md: every field of messages of type `type`, by path.
std::string ConfigurationPage(const google::protobuf::Descriptor& type);

// The man page NAME(1), in roff.
std::string ManPage(const Tool& tool);

// Completions of flags and of their values, as scripts/installed_files.sh puts them together: assignments to the arrays
// of scripts/completion.bash, or a function for scripts/completion.zsh.
std::string BashCompletions(const Tool& tool);
std::string ZshCompletions(const Tool& tool);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_MANUAL_H_

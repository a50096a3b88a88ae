// What a tool says about itself: --help, and the pages of docs/options, all made from the messages that hold its
// options.
#ifndef TALLY_LIB_CONFIG_MANUAL_H_
#define TALLY_LIB_CONFIG_MANUAL_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

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
};

// All flags of `tool`, in the order of its messages.
std::vector<Flag> FlagsOfTool(const Tool& tool);

// What --help prints: purpose, synopsis, examples, flags by group.
std::string HelpText(const Tool& tool);

// The page docs/options/NAME.md, in Markdown: the same with types and ranges.
std::string OptionPage(const Tool& tool);

// The page docs/options/configuration.md: every field of messages of type `type`, by path.
std::string ConfigurationPage(const google::protobuf::Descriptor& type);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_MANUAL_H_

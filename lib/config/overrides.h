// What one layer of a configuration changed in those before it.
#ifndef TALLY_LIB_CONFIG_OVERRIDES_H_
#define TALLY_LIB_CONFIG_OVERRIDES_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace tally {

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

#endif  // TALLY_LIB_CONFIG_OVERRIDES_H_

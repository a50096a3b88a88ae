// Names that fields and enum values had: text-format files that have them are still read.
#ifndef TALLY_LIB_CONFIG_OLD_NAMES_H_
#define TALLY_LIB_CONFIG_OLD_NAMES_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally {

// An old name that stood in a text.
struct OldName {
  int line;  // from 1
  std::string old_name;
  std::string new_name;
};

// Text format `text` of a message of type `type`, with old names (field_options.proto) replaced by the new ones; each
// is added to `found`. Lines stay where they are. Text that is not in text format comes back with what was replaced
// before the parser of protobuf will refuse it.
std::string ReplaceOldNames(absl::string_view text, const google::protobuf::Descriptor& type,
                            std::vector<OldName>* found);

// The line that tells of an old name: `far_jitter is now far_key_bias_jitter`.
std::string OldNameNotice(const OldName& name);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_OLD_NAMES_H_

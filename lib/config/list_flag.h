// A flag that may be given several times (`--set a=1 --set b=2`) and keeps every value as it was written.
//
// std::vector<std::string> flags split at commas, which values such as `--set b=[1,2]` contain.
#ifndef TALLY_LIB_CONFIG_LIST_FLAG_H_
#define TALLY_LIB_CONFIG_LIST_FLAG_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally {

// Use as ABSL_FLAG(tally::ListFlag, set, {}, "help"). RunTool collects the values of all occurrences, in order.
struct ListFlag {
  std::vector<std::string> values;
};

// Ends each value in the text of a list. A text that does not end with it is one value; "" is the empty list.
inline constexpr char kListFlagEnd = '\x1e';  // ASCII "record separator"

// For Abseil's flags. AbslParseFlag cannot fail; AbslUnparseFlag is its inverse.
bool AbslParseFlag(absl::string_view text, ListFlag* flag, std::string* error);
std::string AbslUnparseFlag(const ListFlag& flag);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_LIST_FLAG_H_

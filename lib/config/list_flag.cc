#include "lib/config/list_flag.h"

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tally {

bool AbslParseFlag(absl::string_view text, ListFlag* flag, std::string* /*error*/) {
  flag->values.clear();
  if (text.empty()) return true;
  if (!absl::ConsumeSuffix(&text, absl::string_view(&kListFlagEnd, 1))) {
    flag->values.emplace_back(text);
    return true;
  }
  flag->values = absl::StrSplit(text, kListFlagEnd);
  return true;
}

std::string AbslUnparseFlag(const ListFlag& flag) {
  std::string text;
  for (const std::string& value : flag.values) text += value + kListFlagEnd;
  return text;
}

}  // namespace tally

// What this binary was built from.
#ifndef TALLY_LIB_BASE_VERSION_H_
#define TALLY_LIB_BASE_VERSION_H_

#include "absl/strings/string_view.h"

namespace tally {

// Release number, such as "0.1.0".
absl::string_view TallyVersion();

// `git describe` of the tree it was built from, or "unknown".
absl::string_view TallyCommit();

}  // namespace tally

#endif  // TALLY_LIB_BASE_VERSION_H_

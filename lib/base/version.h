// What this binary was built from.
#ifndef TALLY_LIB_BASE_VERSION_H_
#define TALLY_LIB_BASE_VERSION_H_

#include "absl/strings/string_view.h"

namespace tally {

extern const char kBuildCommit[];  // in version_commit.cc, which the build writes

// Release number, such as "0.1.0".
inline absl::string_view TallyVersion() { return "0.2.0"; }

// `git describe` of the tree it was built from, or "unknown".
inline absl::string_view TallyCommit() { return kBuildCommit; }

}  // namespace tally

#endif  // TALLY_LIB_BASE_VERSION_H_

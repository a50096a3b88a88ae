#include "lib/base/version.h"

namespace tally {

extern const char kBuildCommit[];  // in version_commit.cc, which the build writes

absl::string_view TallyVersion() { return "0.2.0"; }

absl::string_view TallyCommit() { return kBuildCommit; }

}  // namespace tally

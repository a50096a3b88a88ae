#include "lib/base/version.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally {
namespace {

TEST(VersionTest, VersionIsThreeNumbers) {
  EXPECT_THAT(std::string(TallyVersion()), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(VersionTest, CommitIsADescriptionOrUnknown) {
  // A tag or a hash, `-dirty` behind it where the tree was changed.
  EXPECT_THAT(std::string(TallyCommit()), testing::MatchesRegex("unknown|[0-9A-Za-z._-]+"));
}

}  // namespace
}  // namespace tally

#include "lib/config/given_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/config_test.pb.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

TEST(GivenFlagsTest, AreThoseThatAreNotTheDefaults) {
  config_test::MakerFlags flags;
  flags.set_count(1000);  // the default
  EXPECT_TRUE(GivenFlags(flags, {}).empty());
  flags.set_seed(3);
  flags.set_count(7);
  flags.mutable_order()->set_shuffle(false);
  EXPECT_THAT(GivenFlags(flags, {}), ElementsAre("count", "shuffle", "seed"));
  EXPECT_THAT(GivenFlags(flags, {"count"}), ElementsAre("shuffle", "seed"));
  EXPECT_THAT(GivenFlags(flags, {"order", "seed"}), ElementsAre("count"));
  EXPECT_THAT(GivenFlags(flags, {"shuffle"}), ElementsAre("count", "seed"));
}

}  // namespace
}  // namespace tally

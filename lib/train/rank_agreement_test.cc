#include "lib/train/rank_agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/distributed/ranks_for_test.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(RankAgreementTest, AloneNobodyDiffers) {
  EXPECT_EQ(*JoinRanks(RunConfig(), "auto", Ranks(), at::kCPU), nullptr);
  EXPECT_TRUE(Leads(nullptr));
  EXPECT_TRUE(AgreeOnOptions(nullptr, RunConfig(), true).ok());
  EXPECT_TRUE(AgreeOnStart(nullptr, 3, "data").ok());
  double seconds = 1.5;
  EXPECT_TRUE(FollowLeader(nullptr, &seconds).ok());
  EXPECT_EQ(seconds, 1.5);
}

TEST(RankAgreementTest, AStreamFeedsOneProcess) {
  RunConfig config;
  config.add_data("-");
  Ranks ranks;
  ranks.size = 2;
  EXPECT_EQ(ExitCodeOf(JoinRanks(config, "auto", ranks, at::kCPU).status()), kExitUsage);
}

TEST(RankAgreementTest, EqualRanksAgree) {
  RunRanks(2, [](ProcessGroup& group) {
    EXPECT_EQ(Leads(&group), group.rank() == 0);
    EXPECT_TRUE(AgreeOnOptions(&group, RunConfig(), true).ok());
    EXPECT_TRUE(AgreeOnStart(&group, 7, "data").ok());
  });
}

// Expects that rank 1 alone is told that `what` differs.
void ExpectTold(const ProcessGroup& group, const absl::Status& status, const char* what) {
  EXPECT_EQ(status.ok(), group.rank() == 0) << what;
  if (group.rank() == 0) return;
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(RankAgreementTest, DifferencesAreNamed) {
  RunRanks(2, [](ProcessGroup& group) {
    RunConfig config;
    config.mutable_train()->set_seed(group.rank());
    ExpectTold(group, AgreeOnOptions(&group, config, true), "configuration: rank 1");
  });
  RunRanks(2, [](ProcessGroup& group) {
    ExpectTold(group, AgreeOnOptions(&group, RunConfig(), group.rank() == 0), "--resume: rank 1");
  });
  RunRanks(2, [](ProcessGroup& group) {
    ExpectTold(group, AgreeOnStart(&group, 7, group.rank() == 0 ? "a" : "b"), "data: rank 1");
  });
}

TEST(RankAgreementTest, TheClockIsThatOfRankZero) {
  RunRanks(2, [](ProcessGroup& group) {
    double seconds = group.rank() == 0 ? 1.0 / 3 : 50;
    EXPECT_TRUE(FollowLeader(&group, &seconds).ok());
    EXPECT_EQ(seconds, 1.0 / 3);
  });
}

}  // namespace
}  // namespace tally

#include "lib/distributed/ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Ranks> Read(const std::map<std::string, std::string>& variables) {
  return ReadRanks([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

void ExpectUsageError(const std::map<std::string, std::string>& variables, const std::string& message) {
  const absl::StatusOr<Ranks> ranks = Read(variables);
  ASSERT_FALSE(ranks.ok());
  EXPECT_EQ(ExitCodeOf(ranks.status()), kExitUsage);
  EXPECT_THAT(std::string(ranks.status().message()), HasSubstr(message));
}

const std::map<std::string, std::string>& Torchrun() {
  static const auto* const variables = new std::map<std::string, std::string>{
      {"RANK", "3"}, {"WORLD_SIZE", "4"}, {"LOCAL_RANK", "1"}, {"MASTER_ADDR", "head"}, {"MASTER_PORT", "29500"}};
  return *variables;
}

const std::map<std::string, std::string>& Slurm() {
  static const auto* const variables = new std::map<std::string, std::string>{{"SLURM_PROCID", "5"},
                                                                              {"SLURM_NTASKS", "8"},
                                                                              {"SLURM_LOCALID", "1"},
                                                                              {"SLURM_JOB_NODELIST", "node[07-10]"},
                                                                              {"SLURM_JOB_ID", "1234"}};
  return *variables;
}

std::map<std::string, std::string> With(std::map<std::string, std::string> variables, const std::string& name,
                                        const std::string& value) {
  variables[name] = value;
  return variables;
}

std::map<std::string, std::string> Without(std::map<std::string, std::string> variables, const std::string& name) {
  variables.erase(name);
  return variables;
}

TEST(RanksTest, AloneWithoutALauncher) {
  const absl::StatusOr<Ranks> ranks = Read({});
  ASSERT_TRUE(ranks.ok());
  EXPECT_EQ(ranks->rank, 0);
  EXPECT_EQ(ranks->size, 1);
}

TEST(RanksTest, Torchrun) {
  const absl::StatusOr<Ranks> ranks = Read(Torchrun());
  ASSERT_TRUE(ranks.ok()) << ranks.status();
  EXPECT_EQ(ranks->rank, 3);
  EXPECT_EQ(ranks->size, 4);
  EXPECT_EQ(ranks->local_rank, 1);
  EXPECT_EQ(ranks->host, "head");
  EXPECT_EQ(ranks->port, 29500);
  EXPECT_FALSE(ranks->store_is_open);
  EXPECT_TRUE(Read(With(Torchrun(), "TORCHELASTIC_USE_AGENT_STORE", "True"))->store_is_open);
  EXPECT_EQ(Read(With(Torchrun(), "TORCHELASTIC_RESTART_COUNT", "2"))->attempt, 2);
}

TEST(RanksTest, TorchrunComesBeforeSlurm) {
  std::map<std::string, std::string> both = Slurm();
  both.insert(Torchrun().begin(), Torchrun().end());
  EXPECT_EQ(Read(both)->size, 4);
}

TEST(RanksTest, Slurm) {
  const absl::StatusOr<Ranks> ranks = Read(Slurm());
  ASSERT_TRUE(ranks.ok()) << ranks.status();
  EXPECT_EQ(ranks->rank, 5);
  EXPECT_EQ(ranks->size, 8);
  EXPECT_EQ(ranks->local_rank, 1);
  EXPECT_EQ(ranks->host, "node07");
  EXPECT_EQ(ranks->port, 10000 + 1234 * 31 % 20000);
  EXPECT_NE(Read(With(Slurm(), "SLURM_STEP_ID", "1"))->port, ranks->port);
  EXPECT_EQ(Read(With(Slurm(), "MASTER_PORT", "77"))->port, 77);
  EXPECT_EQ(Read(With(Slurm(), "MASTER_ADDR", "here"))->host, "here");
}

TEST(RanksTest, AStepOfSlurmCountsItsOwnTasks) {
  EXPECT_EQ(Read(With(Slurm(), "SLURM_STEP_NUM_TASKS", "6"))->size, 6);
  EXPECT_EQ(Read(With(Slurm(), "SLURM_STEP_NUM_TASKS", "1"))->size, 1);
  EXPECT_EQ(Read(With(Slurm(), "SLURM_STEP_NODELIST", "node09"))->host, "node09");
}

TEST(RanksTest, ASlurmJobOfOneTaskIsAlone) {
  EXPECT_EQ(Read({{"SLURM_NTASKS", "1"}, {"SLURM_PROCID", "0"}, {"SLURM_JOB_ID", "9"}})->size, 1);
  EXPECT_EQ(Read({{"SLURM_PROCID", "0"}, {"SLURM_JOB_ID", "9"}})->size, 1);
}

TEST(RanksTest, ErrorsNameTheVariable) {
  for (const char* name : {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}) {
    ExpectUsageError(Without(Torchrun(), name), std::string(name) + " is not set");
  }
  ExpectUsageError(With(Torchrun(), "RANK", "4"), "RANK is \"4\"; expected an integer within 0..3");
  ExpectUsageError(With(Torchrun(), "RANK", "-1"), "RANK is \"-1\"");
  ExpectUsageError(With(Torchrun(), "WORLD_SIZE", "many"), "WORLD_SIZE is \"many\"");
  ExpectUsageError(With(Torchrun(), "WORLD_SIZE", "0"), "WORLD_SIZE is \"0\"");
  ExpectUsageError(With(Torchrun(), "MASTER_PORT", "70000"), "MASTER_PORT is \"70000\"");
  ExpectUsageError(With(With(Torchrun(), "RANK", "0"), "LOCAL_RANK", "1"), "LOCAL_RANK is 1 and RANK is 0");
  for (const char* name : {"SLURM_PROCID", "SLURM_JOB_NODELIST", "SLURM_JOB_ID"}) {
    ExpectUsageError(Without(Slurm(), name), std::string(name) + " is not set");
  }
  ExpectUsageError(With(Slurm(), "SLURM_PROCID", "8"), "SLURM_PROCID is \"8\"");
}

TEST(RanksTest, FirstHostOfAList) {
  EXPECT_EQ(*FirstHost("one"), "one");
  EXPECT_EQ(*FirstHost("one,two"), "one");
  EXPECT_EQ(*FirstHost("host[01-04]"), "host01");
  EXPECT_EQ(*FirstHost("host[7]"), "host7");
  EXPECT_EQ(*FirstHost("host[3,5-9],other"), "host3");
  EXPECT_EQ(*FirstHost("one,host[3-4]"), "one");
  EXPECT_EQ(*FirstHost("rack[1-2]-blue,x"), "rack1-blue");
  for (const char* bad : {"", "host[", "host[]", "[1-2]", ",a"}) EXPECT_FALSE(FirstHost(bad).ok()) << bad;
}

TEST(RanksTest, ASecretOfTheJob) {
  for (const auto& launcher : {Torchrun(), Slurm()}) {
    EXPECT_EQ(Read(launcher)->secret, "");
    EXPECT_EQ(Read(With(launcher, "TALLY_JOB_SECRET", "0123456789abcdef"))->secret, "0123456789abcdef");
    ExpectUsageError(With(launcher, "TALLY_JOB_SECRET", "short"),
                     "TALLY_JOB_SECRET has 5 characters; expected at least");
    ExpectUsageError(With(launcher, "TALLY_JOB_SECRET", ""), "TALLY_JOB_SECRET has 0 characters");
  }
}

}  // namespace
}  // namespace tally

#include "lib/base/shard.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

using testing::HasSubstr;

void SetJobArray(const char* id, const char* min, const char* max, const char* step, const char* count) {
  const std::pair<const char*, const char*> variables[] = {
      {"ID", id}, {"MIN", min}, {"MAX", max}, {"STEP", step}, {"COUNT", count}};
  for (const auto& [name, value] : variables) {
    const std::string variable = std::string("SLURM_ARRAY_TASK_") + name;
    if (value == nullptr) {
      unsetenv(variable.c_str());
    } else {
      setenv(variable.c_str(), value, 1);
    }
  }
}

class ShardTest : public testing::Test {
 protected:
  void SetUp() override { SetJobArray(nullptr, nullptr, nullptr, nullptr, nullptr); }
};

TEST_F(ShardTest, PartsFollowEachOtherAndDifferByOneAtMost) {
  for (const int64_t n : {0, 1, 7, 100, 101}) {
    for (int64_t count = 1; count <= 12; ++count) {
      int64_t next = 0;
      for (int64_t index = 0; index < count; ++index) {
        const Shard shard = {index, count};
        EXPECT_EQ(shard.Begin(n), next);
        next = shard.End(n);
        EXPECT_GE(next - shard.Begin(n), n / count);
        EXPECT_LE(next - shard.Begin(n), (n + count - 1) / count);
      }
      EXPECT_EQ(next, n);
    }
  }
}

TEST_F(ShardTest, HugeCountsDoNotOverflow) {
  const Shard last = {999'999, 1'000'000};
  EXPECT_EQ(last.End(int64_t{1} << 62), int64_t{1} << 62);
  EXPECT_LT(last.Begin(int64_t{1} << 62), int64_t{1} << 62);
}

TEST_F(ShardTest, ParsesIndexAndCount) {
  const auto shard = ParseShard("3/20");
  ASSERT_TRUE(shard.ok());
  EXPECT_EQ(shard->index, 3);
  EXPECT_EQ(shard->count, 20);
}

TEST_F(ShardTest, RefusesOtherTexts) {
  for (const char* text : {"", "3", "3/", "/3", "3/3", "-1/3", "0/0", "1/2/3", "a/b", "Auto", "1.0/2"}) {
    const absl::Status status = ParseShard(text).status();
    EXPECT_EQ(ExitCodeOf(status), kExitUsage) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("expected i/n"));
  }
}

TEST_F(ShardTest, AutoIsTheWholeOutsideOfAJobArray) {
  const auto shard = ParseShard("auto");
  ASSERT_TRUE(shard.ok());
  EXPECT_EQ(shard->index, 0);
  EXPECT_EQ(shard->count, 1);
}

TEST_F(ShardTest, AutoReadsTheJobArray) {
  SetJobArray("7", "5", "9", "1", "5");
  EXPECT_EQ(ParseShard("auto")->index, 2);
  EXPECT_EQ(ParseShard("auto")->count, 5);
  SetJobArray("6", "0", "8", "2", "5");  // --array=0-8:2
  EXPECT_EQ(ParseShard("auto")->index, 3);
  SetJobArray("3", "0", nullptr, nullptr, "4");
  EXPECT_EQ(ParseShard("auto")->index, 3);
}

TEST_F(ShardTest, AutoRefusesUnevenOrBrokenArrays) {
  SetJobArray("2", "1", "7", "1", "3");  // --array=1,2,7
  EXPECT_THAT(std::string(ParseShard("auto").status().message()), HasSubstr("even range"));
  EXPECT_EQ(ExitCodeOf(ParseShard("auto").status()), kExitUsage);
  SetJobArray("9", "0", "4", "1", "5");
  EXPECT_EQ(ExitCodeOf(ParseShard("auto").status()), kExitUsage);
  SetJobArray("1", "0", "3", "1", nullptr);
  EXPECT_EQ(ExitCodeOf(ParseShard("auto").status()), kExitUsage);
  SetJobArray("x", "0", "3", "1", "4");
  EXPECT_THAT(std::string(ParseShard("auto").status().message()), HasSubstr("SLURM_ARRAY_TASK_ID is \"x\""));
}

}  // namespace
}  // namespace tally

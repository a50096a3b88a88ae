#include "lib/distributed/process_group.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"
#include "lib/distributed/ranks_for_test.h"
#include "lib/distributed/socket.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(ProcessGroupTest, SumsOverRanks) {
  for (const int size : {2, 3}) {
    RunRanks(size, [size](ProcessGroup& group) {
      EXPECT_EQ(group.size(), size);
      const at::Tensor one = at::arange(1000, at::kFloat) * (group.rank() + 1);
      const at::Tensor other = at::full({3}, group.rank(), at::kDouble);
      auto first = group.StartSum(one);
      auto second = group.StartSum(other);
      ASSERT_TRUE(first.ok() && second.ok());
      EXPECT_TRUE((*second)->Wait().ok());
      EXPECT_TRUE((*first)->Wait().ok());
      const int ranks = size * (size + 1) / 2;
      EXPECT_TRUE(one.equal(at::arange(1000, at::kFloat) * ranks));
      EXPECT_TRUE(other.equal(at::full({3}, ranks - size, at::kDouble)));
    });
  }
}

TEST(ProcessGroupTest, SumOfAnyLayout) {
  RunRanks(2, [](ProcessGroup& group) {
    const at::Tensor tensor = at::arange(6, at::kFloat).view({2, 3}).t();
    EXPECT_TRUE(group.Sum(tensor).ok());
    EXPECT_TRUE(tensor.equal(at::arange(6, at::kFloat).view({2, 3}).t() * 2));
  });
}

TEST(ProcessGroupTest, DifferencesNameRankAndLine) {
  RunRanks(2, [](ProcessGroup& group) {
    EXPECT_TRUE(group.CheckSame("data", "the same\neverywhere").ok());
    const absl::Status status = group.CheckSame("configuration", group.rank() == 0 ? "a\nb 1\nc" : "a\nb 2\nc");
    if (group.rank() == 0) {
      EXPECT_TRUE(status.ok());
      return;
    }
    EXPECT_EQ(ExitCodeOf(status), kExitUsage);
    EXPECT_THAT(std::string(status.message()), HasSubstr("configuration: rank 1 ("));
    EXPECT_THAT(std::string(status.message()), HasSubstr("has \"b 2\", rank 0 \"b 1\""));
  });
}

ProcessGroupOptions TwoRanks() {
  ProcessGroupOptions options;
  options.ranks.size = 2;
  options.ranks.host = "127.0.0.1";
  options.ranks.port = PortOf(*ListenTcp());
  return options;
}

TEST(ProcessGroupTest, AMissingRankIsNamed) {
  ProcessGroupOptions options = TwoRanks();
  options.timeout = absl::Milliseconds(200);
  const auto group = ProcessGroup::Connect(options);
  ASSERT_FALSE(group.ok());
  EXPECT_EQ(ExitCodeOf(group.status()), kExitIoError);
  EXPECT_THAT(std::string(group.status().message()), HasSubstr("rank 1 of 2 has not come to 127.0.0.1:"));
}

TEST(ProcessGroupTest, BackendsThatCannotServeAreRefused) {
  for (const char* backend : {"nccl", "mpi"}) {
    ProcessGroupOptions options = TwoRanks();
    options.backend = backend;
    const auto group = ProcessGroup::Connect(options);
    ASSERT_FALSE(group.ok());
    EXPECT_EQ(ExitCodeOf(group.status()), kExitUsage);
    EXPECT_THAT(std::string(group.status().message()), HasSubstr(backend));
  }
}

}  // namespace
}  // namespace tally

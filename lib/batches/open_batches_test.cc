#include "lib/batches/open_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(OpenBatchesTest, PathsAndWeights) {
  const auto paths = ParseDataPaths({"a.safetensors", "b.safetensors:3", "d:x:.5", "odd:name"});
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_EQ((*paths)[0].path, "a.safetensors");
  EXPECT_EQ((*paths)[0].weight, 1);
  EXPECT_EQ((*paths)[1].path, "b.safetensors");
  EXPECT_EQ((*paths)[1].weight, 3);
  EXPECT_EQ((*paths)[2].path, "d:x");
  EXPECT_EQ((*paths)[2].weight, 0.5);
  EXPECT_EQ((*paths)[3].path, "odd:name");
  EXPECT_EQ((*paths)[3].weight, 1);
}

TEST(OpenBatchesTest, BadPathsAndWeightsAreUsageErrors) {
  for (const char* value : {"", ":3", "a:0", "a:-1", "a:inf", "a:nan"}) {
    const auto paths = ParseDataPaths({value});
    EXPECT_EQ(ExitCodeOf(paths.status()), kExitUsage) << value;
    EXPECT_THAT(std::string(paths.status().message()), HasSubstr("expected FILE or FILE:WEIGHT")) << value;
  }
  EXPECT_THAT(std::string(ParseDataPaths({"-", "a"}).status().message()), HasSubstr("goes with no other --data"));
  EXPECT_EQ(ExitCodeOf(ParseDataPaths({}).status()), kExitUsage);
}

}  // namespace
}  // namespace tally

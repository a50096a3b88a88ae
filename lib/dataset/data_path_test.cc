#include "lib/dataset/data_path.h"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(DataPathTest, AWeightIsANumberBehindTheLastColon) {
  EXPECT_EQ(SplitDataPath("a.safetensors:3").path, "a.safetensors");
  EXPECT_EQ(SplitDataPath("a.safetensors:3").weight, 3);
  EXPECT_EQ(SplitDataPath("x:0.5:-1").path, "x:0.5");
  EXPECT_EQ(SplitDataPath("x:0.5:-1").weight, -1);
}

TEST(DataPathTest, AnyOtherColonIsOneOfThePath) {
  for (const char* const path : {"a.safetensors", "x:v2.safetensors", "3:a/b", "a:", ""}) {
    EXPECT_EQ(SplitDataPath(path).path, path);
    EXPECT_EQ(SplitDataPath(path).weight, 1);
  }
}

}  // namespace
}  // namespace tally

#include "lib/runs/energy_meter.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

// Package `number` of a machine whose counters are in the folder returned.
std::string Set(int number, int64_t microjoules) {
  const std::string root = absl::StrCat(::testing::TempDir(), "/powercap");
  const std::string folder = absl::StrCat(root, "/intel-rapl:", number);
  std::filesystem::create_directories(folder);
  EXPECT_TRUE(WriteFile(folder + "/energy_uj", absl::StrCat(microjoules, "\n")).ok());
  EXPECT_TRUE(WriteFile(folder + "/max_energy_range_uj", "10000000\n").ok());
  return root;
}

TEST(EnergyMeterTest, AllPackagesCountAlsoWhereACounterBeginsAgain) {
  Set(0, 9000000);
  EnergyMeter meter(Set(1, 1000000));
  EXPECT_EQ(meter.Joules(), 0);
  Set(0, 9500000);
  Set(1, 3000000);
  EXPECT_DOUBLE_EQ(*meter.Joules(), 2.5);
  Set(0, 500000);
  EXPECT_DOUBLE_EQ(*meter.Joules(), 3.5);
}

TEST(EnergyMeterTest, AMachineThatDoesNotTellIt) {
  EXPECT_EQ(EnergyMeter(absl::StrCat(::testing::TempDir(), "/no_powercap")).Joules(), std::nullopt);
}

}  // namespace
}  // namespace tally

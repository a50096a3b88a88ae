#include "lib/runs/device_meter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace tally {
namespace {

constexpr char kNvml[] = "lib/runs/libnvml_for_test.so";

class DeviceMeterTest : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("CUDA_VISIBLE_DEVICES"); }
};

TEST_F(DeviceMeterTest, TellsNameMemoryAndEnergySinceItWasMade) {
  const auto meter = DeviceMeter::Open(0, kNvml);
  ASSERT_NE(meter, nullptr);
  EXPECT_EQ(meter->Name(), "first device");
  ASSERT_TRUE(meter->MemoryMegabytes());
  EXPECT_EQ(meter->MemoryMegabytes()->used, 1024);
  EXPECT_EQ(meter->MemoryMegabytes()->total, 80 * 1024);
  EXPECT_DOUBLE_EQ(*meter->Joules(), 1.5);
  EXPECT_DOUBLE_EQ(*meter->Joules(), 3);
}

TEST_F(DeviceMeterTest, CudasVisibleDevicesAreFollowed) {
  setenv("CUDA_VISIBLE_DEVICES", "0, GPU-1", 1);
  ASSERT_NE(DeviceMeter::Open(0, kNvml), nullptr);
  const auto meter = DeviceMeter::Open(1, kNvml);
  ASSERT_NE(meter, nullptr);
  EXPECT_EQ(meter->Name(), "second device");
  EXPECT_EQ(meter->Joules(), std::nullopt) << "it has no counter";
}

TEST_F(DeviceMeterTest, WithoutADeviceOrALibraryThereIsNone) {
  EXPECT_EQ(DeviceMeter::Open(1, kNvml), nullptr);
  setenv("CUDA_VISIBLE_DEVICES", "GPU-2", 1);
  EXPECT_EQ(DeviceMeter::Open(0, kNvml), nullptr);
  EXPECT_EQ(DeviceMeter::Open(0, "no/such/library.so"), nullptr);
  EXPECT_EQ(DeviceMeter::Open(0, "lib/runs/device_meter_test.cc"), nullptr);
}

}  // namespace
}  // namespace tally

#include "lib/runs/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Folder(const std::string& name) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/", name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

TEST(MachineTest, WhatLinuxTells) {
  const std::string proc = Folder("proc");
  ASSERT_TRUE(WriteFile(proc + "/cpuinfo", "processor\t: 0\nmodel name\t: A: 1\nmodel name\t: B\n").ok());
  ASSERT_TRUE(WriteFile(proc + "/meminfo", "MemTotal:       2048 kB\n").ok());
  const Machine machine = ThisMachine(proc);
  EXPECT_EQ(machine.processor, "A: 1");
  EXPECT_EQ(machine.memory_mb, 2);
  EXPECT_GE(machine.cores, 1);
  EXPECT_NE(machine.host, "");
}

TEST(MachineTest, WhatItDoesNotTell) {
  const Machine machine = ThisMachine(Folder("empty_proc"));
  EXPECT_EQ(machine.processor, "");
  EXPECT_EQ(machine.memory_mb, 0);
}

TEST(MachineTest, EveryProcessAddsALine) {
  const std::string run = Folder("noted");
  const Machine machine = {"h", "p \xff", 2, 1000.5};  // whatever a name holds
  MachineUse use;
  ASSERT_TRUE(NoteMachine(run, 0, machine, use).ok());
  use = {4, 2, "cuda:0", "a device", 81920};
  ASSERT_TRUE(NoteMachine(run, 30, machine, use).ok());
  const std::string text = ReadFile(run + "/machine.jsonl").value();
  EXPECT_THAT(text,
              StartsWith("{\"step\":0,\"host\":\"h\",\"processor\":\"p \xef\xbf\xbd\",\"cores\":2,\"memory_mb\":1000,"
                         "\"threads\":1,\"ranks\":1,\"device\":\"cpu\",\"tally\":\""));
  EXPECT_THAT(text, HasSubstr("\n{\"step\":30,"));
  EXPECT_THAT(text, HasSubstr("\"threads\":4,\"ranks\":2,\"device\":\"cuda:0\",\"device_name\":\"a device\","
                              "\"device_memory_mb\":81920,"));
}

}  // namespace
}  // namespace tally

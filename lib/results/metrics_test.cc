#include "lib/results/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr char kLine[] =
    R"({"step":40,"seconds":1.5,"loss":0.25,"token_accuracy":0.75,"exact":0.5,"learning_rate":0.002,"new_key":[1]})"
    "\n";

std::string File(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/metrics.jsonl";
  EXPECT_TRUE(WriteFile(path, text).ok());
  return path;
}

TEST(ReadMetricsTest, ReadsFileOrFolder) {
  const std::string file = File(absl::StrCat(kLine, R"({"step":50,"seconds":2,"loss":null})", "\n"));
  for (const std::string& path : {file, ::testing::TempDir()}) {
    const absl::StatusOr<std::vector<LoggedStep>> steps = ReadMetrics(path);
    ASSERT_TRUE(steps.ok()) << steps.status();
    ASSERT_EQ(steps->size(), 2);
    EXPECT_EQ((*steps)[0].step, 40);
    EXPECT_EQ((*steps)[0].seconds, 1.5);
    EXPECT_EQ((*steps)[0].loss, 0.25);
    EXPECT_EQ((*steps)[0].token_accuracy, 0.75);
    EXPECT_EQ((*steps)[0].exact, 0.5);
    EXPECT_EQ((*steps)[0].learning_rate, 0.002);
    EXPECT_TRUE(std::isnan((*steps)[1].loss));
    EXPECT_TRUE(std::isnan((*steps)[1].exact));
  }
}

TEST(ReadMetricsTest, LineBeingWrittenIsLeftOut) {
  EXPECT_EQ(ReadMetrics(File(absl::StrCat(kLine, R"({"step":41,"sec)")))->size(), 1);
}

TEST(ReadMetricsTest, WrongLinesAreNamed) {
  const auto message = [](const std::string& text) {
    const absl::Status status = ReadMetrics(File(text)).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << text;
    return std::string(status.message());
  };
  EXPECT_THAT(message(""), HasSubstr("metrics.jsonl: found no whole line"));
  EXPECT_THAT(message("{\"step\":1"), HasSubstr("found no whole line"));
  EXPECT_THAT(message(absl::StrCat(kLine, "x\n")), HasSubstr("metrics.jsonl:2: found no JSON object"));
  EXPECT_THAT(message(absl::StrCat(kLine, kLine)), HasSubstr("metrics.jsonl:2: found step 40 after step 40"));
  EXPECT_THAT(message("{\"seconds\":1}\n"), HasSubstr(":1: key step: found nothing"));
  EXPECT_THAT(message("{\"step\":9223372036854775808,\"seconds\":1}\n"),
              HasSubstr("key step: found 9223372036854775808"));
  EXPECT_THAT(message("{\"step\":-1,\"seconds\":1}\n"), HasSubstr("key step: found -1"));
  EXPECT_THAT(message("{\"step\":1,\"seconds\":\"x\"}\n"), HasSubstr("key seconds: found \"x\""));
  EXPECT_THAT(message("{\"step\":1,\"seconds\":1,\"loss\":\"nan\"}\n"), HasSubstr("key loss: found \"nan\""));
  EXPECT_EQ(ExitCodeOf(ReadMetrics("/nowhere/metrics.jsonl").status()), kExitMissingInput);
}

}  // namespace
}  // namespace tally

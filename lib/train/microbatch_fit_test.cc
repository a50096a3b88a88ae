#include "lib/train/microbatch_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

// A process whose start took 150 MiB, that now needs 20 MiB and then 3 a sequence.
class Process {
 public:
  double operator()(int64_t sequences) {
    peak_ = std::max(peak_, 120.0 + 3 * sequences);
    return peak_;
  }
  double peak() const { return peak_; }

 private:
  double peak_ = 150;
};

TEST(MicrobatchFitTest, TheLargestThatStaysBelowTheCeiling) {
  for (const double ceiling : {170.0, 180.0, 200.0, 250.0, 400.0, 1000.0}) {
    Process process;
    const auto size = FitMicrobatch(200, ceiling, [&](int64_t n) { return process(n); });
    ASSERT_TRUE(size.ok()) << size.status();
    EXPECT_LE(120 + 3 * *size, ceiling);
    EXPECT_LE(process.peak(), ceiling);
    const double possible = std::min(200.0, (0.95 * ceiling - 120) / 3);
    EXPECT_GE(*size, possible / 2) << ceiling;
  }
}

TEST(MicrobatchFitTest, AWholeBatchThatFitsStaysWhole) {
  Process process;
  EXPECT_EQ(*FitMicrobatch(48, 10000, [&](int64_t n) { return process(n); }), 48);
}

TEST(MicrobatchFitTest, OneSequenceThatDoesNotFitIsSaid) {
  Process process;
  const auto size = FitMicrobatch(48, 120, [&](int64_t n) { return process(n); });
  EXPECT_EQ(ExitCodeOf(size.status()), kExitUsage);
  EXPECT_THAT(std::string(size.status().message()), HasSubstr("train.max_memory_mb is 120; expected at least 158"));
}

}  // namespace
}  // namespace tally

// Ten million logged steps, without the training between them: files stay small, memory flat, and whoever reads or
// continues the run can.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/os/steady_clock.h"
#include "lib/base/process.h"
#include "lib/results/metrics.h"
#include "lib/runs/training_log.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSteps = 10'000'000;

int64_t BytesOf(const std::string& run, absl::string_view prefix) {
  int64_t bytes = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(run)) {
    if (absl::string_view(entry.path().filename().native()).substr(0, prefix.size()) == prefix) {
      bytes += static_cast<int64_t>(entry.file_size());
    }
  }
  return bytes;
}

int64_t OpenFiles() { return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()); }

class LongRunTest : public ::testing::Test {
 protected:
  LongRunTest() : run_(::testing::TempDir() + "/long_run") {
    fs::remove_all(run_);
    fs::create_directories(run_);
    config_.set_steps(kSteps);
    config_.set_log_every_steps(1);
    config_.set_tensorboard(true);
  }

  // Steps after `from` up to `to`, as the trainer logs them.
  void Train(int64_t from, int64_t to) {
    const auto log = OpenLog(run_, from, &config_, /*writes=*/true, /*examples=*/1000);
    ASSERT_TRUE(log.ok()) << log.status();
    StepCounts counts;
    counts.tokens = counts.positions = 40;
    counts.problems = 8;
    TrainerState state;
    for (state.step = from + 1; state.step <= to; ++state.step) {
      state.problems = 8 * state.step;
      state.seconds = 0.1 * static_cast<double>(state.step);
      (*log)->Add(1.0 / static_cast<double>(state.step), counts);
      if (state.step % LogInterval(state.step, 1) == 0) {
        ASSERT_TRUE((*log)->Write(state, 1e-3, 0.5).ok());
      }
      if (state.step % (kSteps / 10) == 0) Note(state.step);
    }
  }

  void Note(int64_t step) {
    const double memory = ResidentMegabytes().now;
    std::cout << step << " steps: metrics.jsonl " << (BytesOf(run_, "metrics") >> 20) << " MiB, event files "
              << (BytesOf(run_, "events") >> 20) << " MiB, memory " << memory << " MiB, " << OpenFiles()
              << " open files\n";
    if (first_memory_ == 0) first_memory_ = memory;
    EXPECT_LT(memory, 1.01 * first_memory_);
  }

  const std::string run_;
  TrainConfig config_;
  double first_memory_ = 0;
};

TEST_F(LongRunTest, TenMillionLoggedSteps) {
  const int64_t files = OpenFiles();
  Train(0, kSteps);
  EXPECT_EQ(OpenFiles(), files);
  EXPECT_LT(BytesOf(run_, "metrics"), int64_t{300} << 20);
  EXPECT_LT(BytesOf(run_, "events"), int64_t{400} << 20);

  const absl::Time start = SteadyNow();
  const auto steps = ReadMetrics(run_);
  ASSERT_TRUE(steps.ok()) << steps.status();
  EXPECT_EQ(steps->size(), 471'853u);
  EXPECT_EQ(LastMetrics(run_ + "/metrics.jsonl")->at("step"), static_cast<double>(steps->back().step));
  std::cout << "read twice in " << absl::ToInt64Milliseconds(SteadyNow() - start) << " ms\n";

  // A kill a million steps before the end: what continues logs the same steps.
  first_memory_ = 1e9;  // reading all of them took some
  Train(kSteps - 1'000'000, kSteps);
  const auto again = ReadMetrics(run_);
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_EQ(again->size(), steps->size());
  for (size_t i = 0; i < steps->size(); ++i) ASSERT_EQ((*again)[i].step, (*steps)[i].step);
}

}  // namespace
}  // namespace tally

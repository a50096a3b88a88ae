#include "lib/base/progress.h"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

// A terminal of 40 columns in place of standard error while it exists.
class Terminal {
 public:
  Terminal() : saved_(dup(STDERR_FILENO)) {
    const winsize size = {24, 40, 0, 0};
    int terminal;
    EXPECT_EQ(openpty(&keeper_, &terminal, nullptr, nullptr, &size), 0);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    fcntl(keeper_, F_SETFL, O_NONBLOCK);
    setenv("TERM", "xterm", 1);
  }
  ~Terminal() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    close(keeper_);
  }

  // What was written to it since the last call.
  std::string Output() {
    std::string text(65536, '\0');
    const ssize_t count = read(keeper_, text.data(), text.size());
    text.resize(count < 0 ? 0 : count);
    return text;
  }

 private:
  const int saved_;
  int keeper_;
};

class ProgressTest : public testing::Test {
 protected:
  void SetUp() override { SetLogName("tool"); }
};

TEST_F(ProgressTest, LogLineNamesTheTool) {
  testing::internal::CaptureStderr();
  LogLine("a message");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "tool: a message\n");
}

TEST_F(ProgressTest, ShortJobsPrintNothingOutsideOfATerminal) {
  testing::internal::CaptureStderr();
  {
    Progress progress("problems", 1000);
    for (int i = 0; i <= 1000; ++i) progress.Update(i);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(ProgressTest, PlainLinesShowShareRateTimeLeftAndDetail) {
  testing::internal::CaptureStderr();
  Progress progress("steps", 1000, absl::ZeroDuration());
  progress.Update(200);
  absl::SleepFor(absl::Milliseconds(20));
  progress.Update(250, "loss 0.5");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, StartsWith("tool: steps 200/1000 (20.0 %)\n"));
  EXPECT_THAT(text, MatchesRegex(".*\ntool: steps 250/1000 \\(25\\.0 %\\), [0-9.]+/s, [0-9a-z.]+ left, loss 0\\.5\n"));
}

TEST_F(ProgressTest, TheRateCountsFromTheFirstUpdate) {
  testing::internal::CaptureStderr();
  Progress progress("steps", 0, absl::ZeroDuration());
  progress.Update(1'000'000);
  absl::SleepFor(absl::Milliseconds(20));
  progress.Update(1'000'001);
  // One unit in 20 ms or more, whatever a resumed job had done before.
  EXPECT_THAT(testing::internal::GetCapturedStderr(), MatchesRegex(".*\ntool: steps 1000001, [0-9.]{1,4}/s\n"));
}

TEST_F(ProgressTest, LogsAtMostOnceAnInterval) {
  testing::internal::CaptureStderr();
  Progress progress("steps", 10, absl::Milliseconds(50));
  progress.Update(1);
  absl::SleepFor(absl::Milliseconds(60));
  progress.Update(2);
  progress.Update(3);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, StartsWith("tool: steps 2/10"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(ProgressTest, OnATerminalTheLineIsRedrawnAndCleared) {
  Terminal terminal;
  {
    Progress progress("steps", 10);
    absl::SleepFor(absl::Milliseconds(110));
    progress.Update(1);
    progress.Update(2);  // too early for another
    EXPECT_EQ(terminal.Output(), "tool: steps 1/10 (10.0 %)");
  }
  EXPECT_EQ(terminal.Output(), "\r" + std::string(25, ' ') + "\r");
}

TEST_F(ProgressTest, ALogLineReplacesTheLiveLine) {
  Terminal terminal;
  Progress progress("steps", 10);
  absl::SleepFor(absl::Milliseconds(110));
  progress.Update(1);
  LogLine("saved");
  EXPECT_THAT(terminal.Output(), HasSubstr("\r" + std::string(25, ' ') + "\rtool: saved\r\n"));
}

TEST_F(ProgressTest, LongLinesAreCutToTheTerminalWithoutEscapeSequences) {
  Terminal terminal;
  Progress progress("steps", 10);
  absl::SleepFor(absl::Milliseconds(110));
  progress.Update(1, std::string(100, 'x'));
  const std::string text = terminal.Output();
  EXPECT_EQ(text.size(), 39);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(ProgressTest, ADumbTerminalGetsPlainLines) {
  Terminal terminal;
  setenv("TERM", "dumb", 1);
  Progress progress("steps", 10, absl::ZeroDuration());
  progress.Update(1);
  EXPECT_EQ(terminal.Output(), "tool: steps 1/10 (10.0 %)\r\n");
}

}  // namespace
}  // namespace tally

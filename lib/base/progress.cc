#include "lib/base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "lib/base/os/steady_clock.h"

namespace tally {
namespace {

// Standard error as all threads share it. A live line is one without a newline that the next output wipes.
class ErrorOutput {
 public:
  void SetName(absl::string_view name) {
    absl::MutexLock lock(&mutex_);
    name_ = std::string(name);
  }

  void WriteLine(absl::string_view message) {
    absl::MutexLock lock(&mutex_);
    WriteRaw(absl::StrCat(Wipe(), name_, ": ", message, "\n"));
    live_width_ = 0;
  }

  void DrawLive(std::string line) {
    absl::MutexLock lock(&mutex_);
    line = absl::StrCat(name_, ": ", line).substr(0, TerminalWidth() - 1);
    WriteRaw(absl::StrCat(Wipe(), line));
    live_width_ = line.size();
  }

  void ClearLive() {
    absl::MutexLock lock(&mutex_);
    WriteRaw(Wipe());
    live_width_ = 0;
  }

 private:
  static size_t TerminalWidth() {
    winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
  }

  // One write a call, so that lines of several processes do not mix. Where standard error is closed nobody reads.
  static void WriteRaw(const std::string& text) {
    if (text.empty()) return;
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  }

  std::string Wipe() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return live_width_ == 0 ? "" : absl::StrCat("\r", std::string(live_width_, ' '), "\r");
  }

  absl::Mutex mutex_;
  std::string name_ ABSL_GUARDED_BY(mutex_) = "tally";
  size_t live_width_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Never destroyed: threads may log while the process ends.
ErrorOutput& Errors() {
  static ErrorOutput* const output = new ErrorOutput;
  return *output;
}

bool ErrorsGoToTerminal() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && absl::string_view(terminal) != "dumb";
}

}  // namespace

void LogLine(absl::string_view message) { Errors().WriteLine(message); }

void SetLogName(absl::string_view name) { Errors().SetName(name); }

Progress::Progress(std::string what, int64_t total, absl::Duration log_interval)
    : what_(std::move(what)),
      total_(total),
      terminal_(ErrorsGoToTerminal()),
      interval_(terminal_ ? absl::Milliseconds(100) : log_interval),
      last_(SteadyNow()) {}

Progress::~Progress() {
  if (terminal_) Errors().ClearLive();
}

void Progress::Update(int64_t done, absl::string_view detail) {
  const absl::Time now = SteadyNow();
  if (first_time_ == absl::InfiniteFuture()) {
    first_time_ = now;
    first_done_ = done;
  }
  if (now - last_ < interval_) return;
  last_ = now;
  if (terminal_) {
    Errors().DrawLive(Line(done, detail, now));
  } else {
    LogLine(Line(done, detail, now));
  }
}

// `WHAT DONE/TOTAL (PERCENT %), RATE/s, TIME left, DETAIL`, without what is not known.
std::string Progress::Line(int64_t done, absl::string_view detail, absl::Time now) const {
  std::string line = absl::StrCat(what_, " ", done);
  if (total_ > 0) absl::StrAppendFormat(&line, "/%d (%.1f %%)", total_, 100.0 * done / total_);
  const double rate = (done - first_done_) / std::max(absl::ToDoubleSeconds(now - first_time_), 1e-9);
  if (done > first_done_ && now > first_time_) {
    absl::StrAppendFormat(&line, ", %.*f/s", rate < 10 ? 2 : 0, rate);
    const absl::Duration left = absl::Trunc(absl::Seconds((total_ - done) / rate), absl::Seconds(1));
    if (total_ >= done) absl::StrAppend(&line, ", ", absl::FormatDuration(left), " left");
  }
  if (!detail.empty()) absl::StrAppend(&line, ", ", detail);
  return line;
}

}  // namespace tally

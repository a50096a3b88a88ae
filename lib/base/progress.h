// Progress on standard error: one live line on a terminal, plain lines from time to time otherwise. Lines are plain
// text without colours or other escape sequences, whatever NO_COLOR says.
#ifndef TALLY_LIB_BASE_PROGRESS_H_
#define TALLY_LIB_BASE_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tally {

// Writes "tool: message\n" to standard error, in place of a live progress line if there is one. Thread-safe.
void LogLine(absl::string_view message);

// Names the tool in LogLine's lines; set once by RunTool.
void SetLogName(absl::string_view name);

// Shows how far a job is. On a terminal the line is redrawn at most ten times a second; otherwise a line is logged at
// most every `log_interval`, so that short jobs print nothing. Not thread-safe.
class Progress {
 public:
  // `total` in units of work; 0 where it is not known.
  explicit Progress(std::string what, int64_t total = 0, absl::Duration log_interval = absl::Seconds(10));
  ~Progress();  // clears the live line

  // `done` units are finished; `detail` (such as "loss 0.123") is shown at the end.
  void Update(int64_t done, absl::string_view detail = "");

 private:
  std::string Line(int64_t done, absl::string_view detail, absl::Time now) const;

  const std::string what_;
  const int64_t total_;
  const bool terminal_;
  const absl::Duration interval_;  // between two lines
  absl::Time last_;                // time of the last line
  // The first Update: the rate counts from there, so that what a resumed job had done before does not enter.
  absl::Time first_time_ = absl::InfiniteFuture();
  int64_t first_done_ = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_BASE_PROGRESS_H_

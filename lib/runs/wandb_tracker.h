// A process beside training that tells Weights & Biases what RUN/metrics.jsonl says (wandb_follow.py). Training never
// waits for it: it reads the file, and a pipe that ends with this process says when to come to an end. Torch-free.
#ifndef TALLY_LIB_RUNS_WANDB_TRACKER_H_
#define TALLY_LIB_RUNS_WANDB_TRACKER_H_

#include <sys/types.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/runs/metrics.h"

namespace tally {

// Not thread-safe.
class WandbTracker : public MetricsSink {
 public:
  // Follows the run in the folder `run`, by the Python that the variable TALLY_PYTHON names, else python3. Where that
  // cannot be started a line on standard error says so. `patience`: how long the end waits for the last lines.
  explicit WandbTracker(std::string run, absl::Duration patience = absl::Seconds(20));

  // Closes the pipe and waits, at most `patience`; a follower that needs longer goes on by itself.
  ~WandbTracker() override;
  WandbTracker(const WandbTracker&) = delete;
  WandbTracker& operator=(const WandbTracker&) = delete;

  // The line itself is read from the file. Starts a follower that was killed again, three times at most. Always OK.
  absl::Status Append(const StepMetrics& metrics) override;

 private:
  void Start();
  void ClosePipe();
  bool HasEnded();

  const std::string run_;
  const absl::Duration patience_;
  pid_t follower_ = -1;  // -1: none
  int pipe_ = -1;        // the end that is open as long as this process trains
  int exit_code_ = 0;    // of the last follower that has ended; 128 + n after signal n
  int restarts_ = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_RUNS_WANDB_TRACKER_H_

// Who writes into a run's folder: one process at a time, and only as long as the folder is the one that it began with.
// Torch-free.
//
//   RUN/holder.txt   `host NAME process PID started TICKS folder INODE` of the process that trains: for messages, and
//                    in place of the lock where a file system has none. A killed process leaves it.
#ifndef TALLY_LIB_RUNS_RUN_LOCK_H_
#define TALLY_LIB_RUNS_RUN_LOCK_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tally {

// Freed when the process ends, however it ends.
class RunLock {
 public:
  // Makes the folder. CannotCreate where another process holds the lock, with its host and number; IoError.
  //
  // The lock is flock's on the folder. On a file system without locks a holder.txt that a process of another host, or
  // one that runs here, has written into this folder counts as one; the message says how to go on where that process is
  // gone.
  static absl::StatusOr<std::unique_ptr<RunLock>> Take(const std::string& run);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  // The folder's path: `run`, or the one that it was moved to since. What is written there is the run's own, and not
  // that of a folder which has taken its place. CannotCreate where it is nowhere; IoError where that cannot be told.
  absl::StatusOr<std::string> Place() const;

 private:
  RunLock(std::string run, int fd) : run_(std::move(run)), fd_(fd) {}
  absl::Status Acquire() const;
  absl::StatusOr<bool> IsAt(const std::string& path) const;

  const std::string run_;
  const int fd_;        // of the folder
  bool named_ = false;  // holder.txt is ours
};

}  // namespace tally

#endif  // TALLY_LIB_RUNS_RUN_LOCK_H_

#include "lib/runs/wandb_tracker.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/base/os/steady_clock.h"
#include "lib/base/progress.h"
#include "lib/base/python_process.h"
#include "lib/runs/wandb_follow.h"

namespace tally {
namespace {

constexpr int kMostRestarts = 3;

// Of an end that another follower would come to as well: wandb_follow.py says why.
constexpr int kCannot = 3;

std::string FolderOfTools() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

}  // namespace

WandbTracker::WandbTracker(std::string run, absl::Duration patience) : run_(std::move(run)), patience_(patience) {
  Start();
}

void WandbTracker::Start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  PythonStreams streams;
  streams.in = ends[0];
  const absl::StatusOr<pid_t> started = StartPython(kWandbFollow, {run_, FolderOfTools()}, streams);
  close(ends[0]);
  pipe_ = ends[1];
  follower_ = started.value_or(-1);
  if (started.ok()) return;
  exit_code_ = kCannot;
  LogLine(absl::StrCat("no W&B: ", started.status().message(), "; training goes on without it"));
}

bool WandbTracker::HasEnded() {
  if (follower_ < 0) return true;
  int status = 0;
  if (waitpid(follower_, &status, WNOHANG) == 0) return false;
  exit_code_ = ExitCodeOfProcess(status);
  follower_ = -1;
  return true;
}

absl::Status WandbTracker::Append(const StepMetrics& /*metrics*/) {
  if (!HasEnded() || exit_code_ == kCannot || restarts_ >= kMostRestarts) return absl::OkStatus();
  ++restarts_;
  LogLine(absl::StrCat("the follower for W&B has ended with code ", exit_code_, "; started again"));
  ClosePipe();
  Start();
  return absl::OkStatus();
}

void WandbTracker::ClosePipe() {
  if (pipe_ >= 0) close(pipe_);
  pipe_ = -1;  // the number may be another file's soon
}

WandbTracker::~WandbTracker() {
  ClosePipe();
  const absl::Time deadline = SteadyNow() + patience_;
  while (!HasEnded()) {
    if (SteadyNow() > deadline) {
      LogLine(absl::StrCat("W&B gets the rest in the background; ", run_, "/wandb/tally.log says how"));
      return;
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
}

}  // namespace tally

#include "lib/runs/wandb_tracker.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/base/progress.h"
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

// Starts `words` with the descriptor `input` as standard input, in a session of its own, so that what stops training
// does not stop it. Returns 0 or the error number.
int Spawn(std::vector<std::string> words, int input, pid_t* pid) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  const int error = posix_spawnp(pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

WandbTracker::WandbTracker(std::string run, absl::Duration patience) : run_(std::move(run)), patience_(patience) {
  Start();
}

void WandbTracker::Start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  const char* const named = std::getenv("TALLY_PYTHON");
  const std::string python = named == nullptr ? "python3" : named;
  const int error = Spawn({python, "-c", kWandbFollow, run_, FolderOfTools()}, ends[0], &follower_);
  close(ends[0]);
  pipe_ = ends[1];
  if (error == 0) return;
  follower_ = -1;
  exit_code_ = kCannot;
  LogLine(absl::StrCat("no W&B: ", python, ": ", std::strerror(error), "; training goes on without it"));
}

bool WandbTracker::HasEnded() {
  if (follower_ < 0) return true;
  int status = 0;
  if (waitpid(follower_, &status, WNOHANG) == 0) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  follower_ = -1;
  return true;
}

absl::Status WandbTracker::Append(const StepMetrics& /*metrics*/) {
  if (!HasEnded() || exit_code_ == kCannot || restarts_ >= kMostRestarts) return absl::OkStatus();
  ++restarts_;
  LogLine(absl::StrCat("the follower for W&B has ended with code ", exit_code_, "; started again"));
  close(pipe_);
  Start();
  return absl::OkStatus();
}

WandbTracker::~WandbTracker() {
  close(pipe_);
  const absl::Time deadline = absl::Now() + patience_;
  while (!HasEnded()) {
    if (absl::Now() > deadline) {
      LogLine(absl::StrCat("W&B gets the rest in the background; ", run_, "/wandb/tally.log says how"));
      return;
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
}

}  // namespace tally

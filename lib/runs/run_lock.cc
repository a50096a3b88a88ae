#include "lib/runs/run_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/folder.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

constexpr char kHolder[] = "holder.txt";

// A process, and the folder that it writes into.
struct Holder {
  std::string host;
  int64_t process = 0;
  int64_t started = 0;  // clock ticks after the machine's start; 0: not known
  uint64_t folder = 0;  // inode, which a copy of the folder has not
};

// Field 22 of /proc/PID/stat, which tells a process from a later one of its number; 0 where there is none.
int64_t StartOf(int64_t process) {
  const absl::StatusOr<std::string> stat = ReadFile(absl::StrCat("/proc/", process, "/stat"));
  if (!stat.ok()) return 0;
  // The second field, a name in parentheses, may hold anything.
  const std::vector<absl::string_view> fields = absl::StrSplit(stat->substr(stat->rfind(')') + 1), ' ');
  int64_t start = 0;
  return fields.size() > 20 && absl::SimpleAtoi(fields[20], &start) ? start : 0;
}

// The inode of the folder `fd`.
uint64_t FolderNumber(int fd) {
  struct stat info = {};
  return fstat(fd, &info) == 0 ? info.st_ino : 0;
}

std::string TextOf(const Holder& holder) {
  return absl::StrCat("host ", holder.host, " process ", holder.process, " started ", holder.started, " folder ",
                      holder.folder, "\n");
}

// A report that looks whether the run is being trained holds its lock for a moment.
constexpr int kTries = 6;
constexpr absl::Duration kPause = absl::Milliseconds(20);

// Who has written RUN/holder.txt for the folder number `folder`; none where it is not there, or a copy of another's.
std::optional<Holder> ReadHolder(const std::string& run, uint64_t folder) {
  const absl::StatusOr<std::string> text = ReadFile(absl::StrCat(run, "/", kHolder));
  if (!text.ok()) return std::nullopt;
  const std::vector<std::string> words = absl::StrSplit(absl::StripSuffix(*text, "\n"), ' ');
  Holder holder;
  if (words.size() != 8 || !absl::SimpleAtoi(words[3], &holder.process) ||
      !absl::SimpleAtoi(words[5], &holder.started) || !absl::SimpleAtoi(words[7], &holder.folder)) {
    return std::nullopt;
  }
  holder.host = words[1];
  return holder.folder == folder ? std::make_optional(holder) : std::nullopt;
}

// False where it is known to have ended.
bool MayRun(const Holder& holder) {
  if (holder.host != HostName()) return true;
  const auto process = static_cast<pid_t>(holder.process);
  return (kill(process, 0) == 0 || errno == EPERM) && StartOf(process) == holder.started;
}

absl::Status HeldError(const std::string& run, const std::optional<Holder>& holder, absl::string_view remedy) {
  const std::string name = holder ? absl::StrCat(", process ", holder->process, " on ", holder->host) : "";
  return CannotCreateError(absl::StrCat(run, ": another process trains this run", name, remedy));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunLock>> RunLock::Take(const std::string& run) {
  std::error_code error;
  std::filesystem::create_directories(run, error);
  if (error) return CannotCreateError(absl::StrCat(run, ": ", error.message()));
  const int fd = TEMP_FAILURE_RETRY(open(run.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd < 0) return OpenError(run, errno, /*writing=*/true);
  std::unique_ptr<RunLock> lock(new RunLock(run, fd));
  TALLY_RETURN_IF_ERROR(lock->Acquire());
  const Holder self = {HostName(), getpid(), StartOf(getpid()), FolderNumber(fd)};
  TALLY_RETURN_IF_ERROR(WriteFile(absl::StrCat(run, "/", kHolder), TextOf(self)));
  lock->named_ = true;
  return lock;
}

absl::Status RunLock::Acquire() const {
  bool has_locks = true;
  for (int tries = 0; has_locks && tries < kTries; ++tries) {
    if (tries > 0) absl::SleepFor(kPause);
    if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
    has_locks = errno == EWOULDBLOCK;
  }
  const std::optional<Holder> holder = ReadHolder(run_, FolderNumber(fd_));
  if (has_locks) return HeldError(run_, holder, "");
  if (!holder || !MayRun(*holder)) return absl::OkStatus();
  return HeldError(
      run_, holder,
      absl::StrCat("; the file system has no locks: where that process has ended, remove ", run_, "/", kHolder));
}

RunLock::~RunLock() {
  if (named_) unlinkat(fd_, kHolder, 0);  // wherever the folder is now
  close(fd_);
}

absl::StatusOr<bool> RunLock::IsAt(const std::string& path) const {
  struct stat here, there;
  const bool known = fstat(fd_, &here) == 0 && stat(path.c_str(), &there) == 0;
  if (!known && (errno == ENOENT || errno == ENOTDIR)) return false;
  if (!known) {
    const std::string reason = std::generic_category().message(errno);
    return IoError(absl::StrCat(path, ": cannot tell whether it is there: ", reason));
  }
  return here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

absl::StatusOr<std::string> RunLock::Place() const {
  TALLY_ASSIGN_OR_RETURN(const bool stayed, IsAt(run_));
  if (stayed) return run_;
  TALLY_ASSIGN_OR_RETURN(const std::string place, LinkTarget(absl::StrCat("/proc/self/fd/", fd_)));
  TALLY_ASSIGN_OR_RETURN(const bool moved, IsAt(place));
  if (moved) return place;
  return CannotCreateError(
      absl::StrCat(run_,
                   ": was removed while it was trained, or another folder has taken its place; nothing was "
                   "written there"));
}

}  // namespace tally

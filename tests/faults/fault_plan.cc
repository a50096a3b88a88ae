#include "tests/faults/fault_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>
#include <utility>

namespace tally {
namespace {

constexpr unsigned kChanges = kOpenWrite | kWrite | kRename | kMake | kRemove | kCut;

struct Fault {
  const char* name;
  unsigned calls;
  Effect effect;
  int error;
};

constexpr Fault kFaults[] = {
    {"disk_full", kOpenWrite | kWrite | kRename | kMake | kCut, kFails, ENOSPC},
    {"quota", kOpenWrite | kWrite | kRename | kMake | kCut, kFails, EDQUOT},
    {"read_only", kOpenWrite | kRename | kMake | kRemove | kCut, kFails, EROFS},
    {"write_error", kWrite | kSync | kClose, kFails, EIO},
    {"failing_fsync", kSync, kFails, EIO},
    {"read_error", kOpenRead | kRead | kLook | kMap, kFails, EIO},
    {"stale_handle", kOpenRead | kOpenWrite | kRead | kWrite | kSync | kClose | kRename | kLook | kMap, kFails, ESTALE},
    {"no_locks", kLock, kFails, ENOLCK},
    {"slow_fsync", kSync, kSlow, 0},
    {"short_write", kWrite, kShort, 0},
    {"short_read", kRead, kShort, 0},
    {"interrupted", kOpenRead | kOpenWrite | kRead | kWrite | kSync, kInterrupted, EINTR},
    {"crash_before", kChanges | kSync, kCrashBefore, 0},
    {"crash_after", kChanges | kSync, kCrashAfter, 0},
    {"power_cut", kChanges | kSync, kPowerCut, 0},
};

const char* Environment(const char* name) {
  const char* const value = getenv(name);
  return value == nullptr ? "" : value;
}

// A file that was changed, and how much of it is on disk.
struct Written {
  std::string path;
  int64_t synced = 0;
};

// What was asked for, and what was seen so far. Guarded by `mutex`, which is recursive as a strike makes calls itself.
struct State {
  const Fault* fault = nullptr;  // null: this program is left alone
  std::string folder, report;
  long at = 0, seen = 0;
  bool stays = false;
  uint64_t seed = 0;
  std::map<std::pair<dev_t, ino_t>, Written> files;  // of power_cut
};

State* state = nullptr;
pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
thread_local bool inside = false;  // calls of our own are not struck

class Inside {
 public:
  Inside() : before_(inside) {
    pthread_mutex_lock(&mutex);
    inside = true;
  }
  ~Inside() {
    inside = before_;
    pthread_mutex_unlock(&mutex);
  }

 private:
  const bool before_;
};

void Report(const std::string& line) {
  const int fd = static_cast<int>(
      syscall(SYS_openat, AT_FDCWD, state->report.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (fd < 0) return;
  syscall(SYS_write, fd, line.data(), line.size());
  syscall(SYS_close, fd);
}

__attribute__((constructor)) void Begin() {
  const std::string kind = Environment("FAULT_KIND");
  const std::string program = Environment("FAULT_PROGRAM");
  if (kind.empty() || (!program.empty() && program != program_invocation_short_name)) return;
  auto* const made = new State;
  made->folder = Environment("FAULT_FOLDER");
  made->report = Environment("FAULT_REPORT");
  made->at = atol(Environment("FAULT_AT"));
  made->stays = strcmp(Environment("FAULT_STAYS"), "1") == 0;
  made->seed = strtoull(Environment("FAULT_SEED"), nullptr, 10);
  for (const Fault& fault : kFaults) {
    if (kind == fault.name) made->fault = &fault;
  }
  if (made->fault == nullptr || made->folder.empty()) {
    fprintf(stderr, "libfault.so: FAULT_KIND=%s FAULT_FOLDER=%s: no such fault\n", kind.c_str(), made->folder.c_str());
    _exit(99);
  }
  state = made;
}

__attribute__((destructor)) void End() {
  if (state != nullptr && state->at == 0) Report("count " + std::to_string(state->seen) + "\n");
}

bool Below(const std::string& path) {
  const std::string& folder = state->folder;
  return path.compare(0, folder.size(), folder) == 0 && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string PathOf(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const long size = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path));
  return size > 0 ? std::string(path, size) : "";
}

// A machine that loses its power: of each file a part of what was not flushed to disk.
void CutPower() {
  uint64_t draw = state->seed * 0x9E3779B97F4A7C15u + 1;
  for (const auto& [key, file] : state->files) {
    struct stat info;
    if (syscall(SYS_newfstatat, AT_FDCWD, file.path.c_str(), &info, 0) != 0) continue;
    if (std::make_pair(info.st_dev, info.st_ino) != key || info.st_size <= file.synced) continue;
    draw = draw * 6364136223846793005u + 1442695040888963407u;
    const int64_t size = file.synced + static_cast<int64_t>((draw >> 33) % (info.st_size - file.synced + 1));
    syscall(SYS_truncate, file.path.c_str(), size);
  }
}

[[noreturn]] void Crash() {
  if (state->fault->effect == kPowerCut) CutPower();
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

// Whether the call that was just seen is struck. One that was interrupted goes through the second time.
bool IsNow() {
  const long after = state->seen - state->at;
  if (state->at == 0 || after < 0) return false;
  return after == 0 || (state->stays && (state->fault->effect != kInterrupted || after % 2 == 0));
}

bool Follows() { return state != nullptr && !inside && state->fault->effect == kPowerCut; }

}  // namespace

Strike Decide(Call call, const char* name, const std::string& path) {
  Strike strike;
  if (state == nullptr || inside) return strike;
  const Inside guard;
  if ((state->fault->calls & call) == 0 || !Below(path)) return strike;
  ++state->seen;
  if (!IsNow()) return strike;
  Report(std::string(name) + " " + path + "\n");
  strike.struck = true;
  strike.effect = state->fault->effect;
  if (strike.effect == kCrashBefore || strike.effect == kPowerCut) Crash();
  if (strike.effect == kSlow) usleep(100 * 1000);
  errno = state->fault->error;
  return strike;
}

std::string PathIfMatched(int fd) { return state == nullptr || inside ? "" : PathOf(fd); }

void CrashIfStruck(const Strike& strike) {
  if (strike.struck && strike.effect == kCrashAfter) Crash();
}

void Note(int fd, bool synced) {
  if (!Follows()) return;
  const Inside guard;
  struct stat info;
  const std::string path = PathOf(fd);
  if (!Below(path) || syscall(SYS_newfstatat, fd, "", &info, AT_EMPTY_PATH) != 0 || !S_ISREG(info.st_mode)) return;
  const auto [place, is_new] = state->files.try_emplace({info.st_dev, info.st_ino});
  place->second.path = path;
  if (synced || is_new) place->second.synced = info.st_size;
}

void NoteRenamed(const std::string& from, const std::string& to) {
  if (!Follows()) return;
  const Inside guard;
  for (auto& [key, file] : state->files) {
    if (file.path == from || file.path.compare(0, from.size() + 1, from + "/") == 0) {
      file.path = to + file.path.substr(from.size());
    }
  }
}

std::string Absolute(int fd, const char* path) {
  if (path == nullptr) return "";
  if (path[0] == '/') return path;
  std::string folder;
  if (fd == AT_FDCWD) {
    char here[4096];
    if (syscall(SYS_getcwd, here, sizeof(here)) > 0) folder = here;
  } else {
    folder = PathOf(fd);
  }
  return folder + "/" + path;
}

}  // namespace tally

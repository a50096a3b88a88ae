#include "lib/base/process.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>

namespace tally {
namespace {

constexpr int64_t kSameRequestNanoseconds = 1'000'000'000;

std::atomic<int64_t> first_signal{0};  // nanoseconds of the monotonic clock; 0: none yet
static_assert(std::atomic<int64_t>::is_always_lock_free, "the handler may only touch lock-free atomics");

// Safe in a signal handler (POSIX: clock_gettime).
int64_t Now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

extern "C" void HandleStopSignal(int number) {
  int64_t first = 0;
  const int64_t now = Now();
  if (first_signal.compare_exchange_strong(first, now) || now - first < kSameRequestNanoseconds) return;
  signal(number, SIG_DFL);
  raise(number);  // delivered when this handler returns
}

}  // namespace

void CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = HandleStopSignal;
  action.sa_flags = SA_RESTART;  // a read or write that is under way goes on: the tool looks between steps
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
}

bool StopRequested() { return first_signal.load(std::memory_order_relaxed) != 0; }

ResidentMemory ResidentMegabytes() {
  ResidentMemory memory;
  std::FILE* const file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return memory;
  char line[256];
  long kib = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "VmRSS: %ld kB", &kib) == 1) memory.now = kib / 1024.0;
    if (std::sscanf(line, "VmHWM: %ld kB", &kib) == 1) memory.peak = kib / 1024.0;
  }
  std::fclose(file);
  return memory;
}

std::string HostName() {
  char name[256] = {};  // one byte more than is asked for: a name that fills it has no end of its own
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
}

}  // namespace tally

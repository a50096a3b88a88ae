// libclock.so: by LD_PRELOAD, the time of day jumps by CLOCK_JUMP seconds, forward or with - back, and returns, five
// times a second in turn, while the monotonic clock goes on as it is.
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

// Seconds that the time of day is off now: CLOCK_JUMP in every other fifth of a second.
long Off() {
  static const char* const text = getenv("CLOCK_JUMP");
  timespec now;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  const long fifths = now.tv_sec * 5 + now.tv_nsec / 200'000'000;
  return text == nullptr || fifths % 2 == 0 ? 0 : atol(text);
}

}  // namespace

// The C library calls its parameters otherwise.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

int clock_gettime(clockid_t clock, timespec* now) {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += Off();
  return result;
}

int gettimeofday(timeval* now, void* /*zone*/) {
  timespec fine;
  clock_gettime(CLOCK_REALTIME, &fine);
  *now = {fine.tv_sec, fine.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* out) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

// Tells ThreadSanitizer about absl::Mutex. Debian's Abseil is compiled without it, so that locks go unseen and whatever
// they guard would be reported as a race. With --config=tsan the linker leads the calls of these functions here
// (--wrap, absl_mutex.bzl). ThreadSanitizer ignores what happens between the `pre` and the `post` of an announcement:
// within the real functions the conditions of other threads are evaluated too.
//
// The project uses neither locks for reading nor TryLock or CondVar: the first use would be reported as a race.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tally {

using absl::Condition;
using absl::Duration;
using absl::Mutex;

#define TALLY_LOCK "_ZN4absl7debian35Mutex4LockEv"
#define TALLY_UNLOCK "_ZN4absl7debian35Mutex6UnlockEv"
#define TALLY_AWAIT "_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE"
#define TALLY_AWAIT_WITH_TIMEOUT "_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE"

// The functions in the library.
void RealLock(Mutex* mutex) asm("__real_" TALLY_LOCK);
void RealUnlock(Mutex* mutex) asm("__real_" TALLY_UNLOCK);
void RealAwait(Mutex* mutex, const Condition& condition) asm("__real_" TALLY_AWAIT);
bool RealAwaitWithTimeout(Mutex* mutex, const Condition& condition,
                          Duration timeout) asm("__real_" TALLY_AWAIT_WITH_TIMEOUT);

// What is called in their place.
void Lock(Mutex* mutex) asm("__wrap_" TALLY_LOCK);
void Unlock(Mutex* mutex) asm("__wrap_" TALLY_UNLOCK);
void Await(Mutex* mutex, const Condition& condition) asm("__wrap_" TALLY_AWAIT);
bool AwaitWithTimeout(Mutex* mutex, const Condition& condition,
                      Duration timeout) asm("__wrap_" TALLY_AWAIT_WITH_TIMEOUT);

void Lock(Mutex* mutex) {
  __tsan_mutex_pre_lock(mutex, 0);
  RealLock(mutex);
  __tsan_mutex_post_lock(mutex, 0, 0);
}

void Unlock(Mutex* mutex) {
  __tsan_mutex_pre_unlock(mutex, 0);
  RealUnlock(mutex);
  __tsan_mutex_post_unlock(mutex, 0);
}

// Waiting unlocks, and locks again.
class Waiting {
 public:
  explicit Waiting(Mutex* mutex) : mutex_(mutex) {
    __tsan_mutex_pre_unlock(mutex_, 0);
    __tsan_mutex_post_unlock(mutex_, 0);
    __tsan_mutex_pre_lock(mutex_, 0);
  }
  ~Waiting() { __tsan_mutex_post_lock(mutex_, 0, 0); }

 private:
  Mutex* const mutex_;
};

void Await(Mutex* mutex, const Condition& condition) {
  const Waiting waiting(mutex);
  RealAwait(mutex, condition);
}

bool AwaitWithTimeout(Mutex* mutex, const Condition& condition, Duration timeout) {
  const Waiting waiting(mutex);
  return RealAwaitWithTimeout(mutex, condition, timeout);
}

}  // namespace tally

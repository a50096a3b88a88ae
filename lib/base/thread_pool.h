// Threads that wait for work between calls.
#ifndef TALLY_LIB_BASE_THREAD_POOL_H_
#define TALLY_LIB_BASE_THREAD_POOL_H_

#include "absl/functional/function_ref.h"

namespace tally {

// `requested`, or for 0 the number of cores that this process may run on.
int ThreadCount(int requested);

// Calls work(0), ..., work(count - 1), each in a thread of its own (0 in the caller's), and returns when all are done;
// `count` is at least 1. What one of them throws is thrown again here, the lowest number's first. Thread-safe, and
// `work` may call it again.
//
// The threads stay for the caller's next call, until the caller's thread ends: a step of a small model takes
// milliseconds, and a new thread would begin with memory pools of its own, and empty ones.
void RunConcurrently(int count, absl::FunctionRef<void(int)> work);

}  // namespace tally

#endif  // TALLY_LIB_BASE_THREAD_POOL_H_

// Several threads that each run LibTorch serially.
//
// Small models spend their time in hundreds of small operators a step. Splitting each of them over threads costs a
// barrier an operator, at which OpenMP's threads spin: with another busy process on the machine that is many times
// slower than one thread. Splitting the batch instead costs one join a step.
#ifndef TALLY_LIB_MODEL_THREADS_H_
#define TALLY_LIB_MODEL_THREADS_H_

#include <functional>

namespace tally {

// `requested`, or for 0 the number of cores that this process may run on.
int ThreadCount(int requested);

// Calls work(0), ..., work(count - 1), each in a thread of its own (0 in the caller's), LibTorch's own parallelism off
// in all of them, and returns when all are done. What one of them throws is thrown again here, the lowest number's
// first. The threads stay for the caller's next call, until it ends. Thread-safe, and `work` may call it again.
void RunInThreads(int count, const std::function<void(int)>& work);

// From now on this process keeps memory that it has freed: a step frees and asks for the same some hundred megabytes
// again, and giving pages back to the system in between costs a tenth of the time and more. glibc only.
void KeepFreedMemory();

}  // namespace tally

#endif  // TALLY_LIB_MODEL_THREADS_H_

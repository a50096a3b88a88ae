// How this program runs LibTorch: in several threads that each run it serially, over memory that is kept, and which
// version of it.
//
// Small models spend their time in hundreds of small operators a step. Splitting each of them over threads costs a
// barrier an operator, at which OpenMP's threads spin: with another busy process on the machine that is many times
// slower than one thread. Splitting the batch instead costs one join a step.
#ifndef TALLY_LIB_MODEL_TORCH_RUNTIME_H_
#define TALLY_LIB_MODEL_TORCH_RUNTIME_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/functional/function_ref.h"
#include "lib/base/thread_pool.h"

namespace tally {

// While one exists, LibTorch's operators run in the calling thread alone; afterwards in as many threads as before.
// Where results must not depend on the number of threads: LibTorch splits sums by it.
class SerialTorch {
 public:
  SerialTorch();
  ~SerialTorch();
  SerialTorch(const SerialTorch&) = delete;
  SerialTorch& operator=(const SerialTorch&) = delete;

 private:
  const int before_;
};

// RunConcurrently with LibTorch's own parallelism off in all threads. Afterwards the caller has as many LibTorch
// threads as before.
void RunInThreads(int count, absl::FunctionRef<void(int)> work);

// From now on this process keeps memory that it has freed: a step frees and asks for the same some hundred megabytes
// again, and giving pages back to the system in between costs a tenth of the time and more. glibc only.
void KeepFreedMemory();

// The most memory that this process has held: "812 MiB", or "812 MiB, of tensors on cuda:0 3512 MiB".
std::string PeakMemory(at::Device device);

// Bytes of memory that a CUDA device has.
int64_t MemoryOf(at::Device device);

// What --version says: "LibTorch 2.11.0\nCUDA none\n", or CUDA's version in a binary built with --config=cuda.
std::string TorchVersionDetails();

}  // namespace tally

#endif  // TALLY_LIB_MODEL_TORCH_RUNTIME_H_

#include "lib/model/torch_runtime.h"

#include <ATen/Parallel.h>
#include <malloc.h>
#include <torch/version.h>

namespace tally {
namespace {

void SetTorchThreads(int count) {
  if (at::get_num_threads() != count) at::set_num_threads(count);
}

}  // namespace

SerialTorch::SerialTorch() : before_(at::get_num_threads()) { SetTorchThreads(1); }

SerialTorch::~SerialTorch() { SetTorchThreads(before_); }

void RunInThreads(int count, absl::FunctionRef<void(int)> work) {
  // The caller's scope ends last, after all threads' parts: the number also holds for threads that are not yet born.
  const SerialTorch serial;
  RunConcurrently(count, [&](int i) {
    SetTorchThreads(1);
    work(i);
  });
}

void KeepFreedMemory() {
  constexpr int kMany = 1 << 30;  // bytes
  mallopt(M_MMAP_THRESHOLD, kMany);
  mallopt(M_TRIM_THRESHOLD, kMany);
  mallopt(M_TOP_PAD, 64 << 20);
}

std::string TorchVersionDetails() {
#ifdef TALLY_CUDA
  const std::string cuda = "13.0";
#else
  const std::string cuda = "none";
#endif
  return "LibTorch " TORCH_VERSION "\nCUDA " + cuda + "\n";
}

}  // namespace tally

#include "lib/model/torch_runtime.h"

#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <malloc.h>
#include <torch/version.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/process.h"

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

std::string PeakMemory(at::Device device) {
  std::string text = absl::StrFormat("%.0f MiB", ResidentMegabytes().peak);
  if (device.is_cpu()) return text;
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  constexpr auto kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const double megabytes = static_cast<double>(stats.allocated_bytes[kAll].peak) / (1 << 20);
  absl::StrAppend(&text, absl::StrFormat(", of tensors on %s %.0f MiB", device.str(), megabytes));
  return text;
}

int64_t MemoryOf(at::Device device) {
  return static_cast<int64_t>(c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index()).second);
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

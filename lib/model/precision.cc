#include "lib/model/precision.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/progress.h"
#include "lib/kernels/gemm/bfloat16_simd.h"

namespace tally {
namespace {

const std::vector<std::pair<std::string, Precision>>& Names() {
  static const auto* const names = new std::vector<std::pair<std::string, Precision>>{
      {"F32", Precision::kF32}, {"TF32", Precision::kTf32}, {"BF16", Precision::kBf16}, {"FP16", Precision::kFp16}};
  return *names;
}

std::string NameOf(Precision precision) {
  for (const auto& [name, value] : Names()) {
    if (value == precision) return name;
  }
  return "";
}

bool IsReduced(Precision precision) { return precision == Precision::kBf16 || precision == Precision::kFp16; }

// Whether libtorch_cuda.so is in this process.
bool BuiltWithCuda() { return at::CUDAHooksRegistry()->Has("CUDAHooks"); }

int64_t CudaDevices() { return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0; }

absl::StatusOr<at::Device> CudaDevice(int local_rank) {
  if (!BuiltWithCuda()) {
    return UsageError("--device=cuda: this build computes on the CPU only; expected one with --config=cuda");
  }
  const int64_t count = CudaDevices();
  if (local_rank < count) return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(local_rank));
  return UsageError(
      absl::StrCat("--device=cuda: found ", count, " CUDA devices, expected one for local rank ", local_rank));
}

}  // namespace

absl::StatusOr<Precision> ParsePrecision(absl::string_view name) {
  const std::string upper = absl::AsciiStrToUpper(name);
  std::vector<std::string> known;
  for (const auto& [candidate, value] : Names()) {
    if (candidate == upper) return value;
    known.push_back(candidate);
  }
  return UsageError(
      absl::StrCat("precision \"", name, "\"; expected F32, TF32, BF16 or FP16", DidYouMean(upper, known)));
}

absl::StatusOr<at::Device> ChooseDevice(absl::string_view name, int local_rank) {
  if (name == "cpu") return at::Device(at::kCPU);
  if (name == "cuda") return CudaDevice(local_rank);
  if (name != "auto") return UsageError(absl::StrCat("--device=", name, "; expected auto, cpu or cuda"));
  return CudaDevices() > 0 ? CudaDevice(local_rank) : at::Device(at::kCPU);
}

Precision AutomaticPrecision(at::Device device) {
  return device.is_cpu() && HasBfloat16Products() ? Precision::kBf16 : Precision::kF32;
}

absl::Status SetUpPrecision(Precision precision, at::Device device) {
  if (device.is_cpu() && (precision == Precision::kTf32 || precision == Precision::kFp16)) {
    return UsageError(absl::StrCat("precision ", NameOf(precision), " needs a CUDA device; expected F32 or BF16"));
  }
  if (device.is_cpu() && precision == Precision::kBf16 && !HasBfloat16Products()) {
    LogLine("this CPU has no bfloat16 instructions: BF16 is emulated, and no faster than F32");
  }
  if (device.is_cuda()) {
    at::globalContext().setAllowTF32CuBLAS(precision == Precision::kTf32);
    at::globalContext().setAllowTF32CuDNN(precision == Precision::kTf32);
  }
  return absl::OkStatus();
}

PrecisionGuard::PrecisionGuard(Precision precision, at::Device device)
    : autocast_(device.is_cuda() && IsReduced(precision)), bfloat16_(device.is_cpu() && precision == Precision::kBf16) {
  if (!autocast_) return;
  at::autocast::set_autocast_enabled(at::kCUDA, true);
  at::autocast::set_autocast_dtype(at::kCUDA, precision == Precision::kBf16 ? at::kBFloat16 : at::kHalf);
  // A parameter that was cast in a pass without gradient would be reused in one with gradient, and get none.
  at::autocast::set_autocast_cache_enabled(false);
}

PrecisionGuard::~PrecisionGuard() {
  if (!autocast_) return;
  at::autocast::set_autocast_enabled(at::kCUDA, false);
  at::autocast::set_autocast_cache_enabled(true);
}

at::ScalarType ProductType(at::Device device) {
  const bool reduced = device.is_cuda() && at::autocast::is_autocast_enabled(at::kCUDA);
  return reduced ? at::autocast::get_autocast_dtype(at::kCUDA) : at::kFloat;
}

}  // namespace tally

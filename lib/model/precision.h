// Where and how exactly a model computes.
//
//   F32    float32 throughout
//   TF32   float32 whose matrix products round their factors to 10 bits of mantissa; CUDA only
//   BF16   matrix products in bfloat16, sums of more than one product, norms and the loss in float32
//   FP16   the same in float16, whose gradients need a scaled loss (lib/optim/gradient_scale.h); CUDA only
//
// On a CUDA device BF16 and FP16 are ATen's autocast. On the CPU BF16 is a matter of linear layers, the fused
// operators' included, and of Muon: these multiply by lib/kernels/gemm/products.h. Attention between its projections
// stays in float32. Parameters, gradients and what the optimizer remembers are float32 everywhere.
#ifndef TALLY_LIB_MODEL_PRECISION_H_
#define TALLY_LIB_MODEL_PRECISION_H_

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/kernels/gemm/bfloat16_scope.h"

namespace tally {

enum class Precision { kF32, kTf32, kBf16, kFp16 };

// "BF16" -> kBf16, in capitals or not. UsageError with the nearest name.
absl::StatusOr<Precision> ParsePrecision(absl::string_view name);

// "cpu"; "cuda", device `local_rank` of this machine; or "auto": cuda where this build has it and a device is there,
// else cpu. UsageError where the device asked for cannot be had.
absl::StatusOr<at::Device> ChooseDevice(absl::string_view name, int local_rank = 0);

// What `precision: AUTO` stands for on `device`: BF16 on processors that multiply faster in it, else F32. A run keeps
// its first choice wherever it goes on (contract 3 of docs/architecture.md). F32 on a CUDA device, whose records are in
// it.
Precision AutomaticPrecision(at::Device device);

// UsageError where `device` does not compute in `precision`. Logs a warning where it does so slowly. Switches TF32 for
// the whole process.
absl::Status SetUpPrecision(Precision precision, at::Device device);

// While it exists, operators of this thread run in `precision` on `device`. At most one may exist in a thread at a
// time.
class PrecisionGuard {
 public:
  PrecisionGuard(Precision precision, at::Device device);
  ~PrecisionGuard();
  PrecisionGuard(const PrecisionGuard&) = delete;
  PrecisionGuard& operator=(const PrecisionGuard&) = delete;

 private:
  const bool autocast_;
  const Bfloat16Scope bfloat16_;
};

// The type in which matrix products of this thread compute on a CUDA device; float32 on the CPU, whatever the guard.
at::ScalarType ProductType(at::Device device);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_PRECISION_H_

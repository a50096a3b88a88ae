// Where and how exactly a model computes.
//
//   F32    float32 throughout
//   TF32   float32 whose matrix products round their factors to 10 bits of mantissa; CUDA only
//   BF16   matrix products in bfloat16, sums of more than one product, norms and the loss in float32
//   FP16   the same in float16, whose gradients need a scaled loss (lib/optim/gradient_scale.h); CUDA only
//
// BF16 and FP16 are ATen's autocast: parameters, gradients and the optimizer stay float32. On the CPU linear layers,
// the fused operators' included, multiply by lib/kernels/gemm/products.h instead, forward and backward.
#ifndef TALLY_LIB_MODEL_PRECISION_H_
#define TALLY_LIB_MODEL_PRECISION_H_

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

enum class Precision { kF32, kTf32, kBf16, kFp16 };

// "BF16" -> kBf16, in capitals or not. UsageError with the nearest name.
absl::StatusOr<Precision> ParsePrecision(absl::string_view name);

// "cpu"; "cuda", device `local_rank` of this machine; or "auto": cuda where this build has it and a device is there,
// else cpu. UsageError where the device asked for cannot be had.
absl::StatusOr<at::Device> ChooseDevice(absl::string_view name, int local_rank = 0);

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
  const bool active_;
  const at::DeviceType type_;
};

// The type in which matrix products of this thread compute on a CUDA device; float32 on the CPU, whatever the guard.
at::ScalarType ProductType(at::Device device);

// True where this thread's operators on the CPU are under a guard of BF16: our own operators, which autocast does not
// know, are then told to multiply in bfloat16.
bool InReducedPrecisionOnCpu();

}  // namespace tally

#endif  // TALLY_LIB_MODEL_PRECISION_H_

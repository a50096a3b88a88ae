// Tensors in and out of the trainer's file.
#ifndef TALLY_LIB_OPTIM_STATE_TENSORS_H_
#define TALLY_LIB_OPTIM_STATE_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

// The float32 `tensor` as bytes for WriteSafetensors. Where they are not at hand (another device, strides) they are
// copied; `copies` keeps what the view shows.
TensorView ViewOf(const at::Tensor& tensor, std::vector<at::Tensor>* copies);

// One number, which must outlive the view.
TensorView ViewOf(const int64_t& number);

// Copies the float32 tensor called `name` into `tensor`. BadInput where it is missing or has another shape.
absl::Status ReadTensor(const SafetensorsFile& file, const std::string& name, const at::Tensor& tensor);

// Reads the number called `name`. BadInput where it is missing or is not one number.
absl::Status ReadNumber(const SafetensorsFile& file, const std::string& name, int64_t* number);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_STATE_TENSORS_H_

// Rows of a table by their numbers, as at::embedding gives them, with a backward pass for devices: LibTorch's sorts the
// numbers and adds rows one after another, which for a table of two dozen rows and a batch of tokens is slow.
#ifndef TALLY_LIB_KERNELS_TABLE_ROWS_TABLE_ROWS_H_
#define TALLY_LIB_KERNELS_TABLE_ROWS_TABLE_ROWS_H_

#include <ATen/core/Tensor.h>

namespace tally {

// table [rows, width], numbers [...] int64 below `rows` -> [..., width]. Differentiable in `table`. On CUDA devices
// small tables take TableRowsByProduct.
at::Tensor TableRows(const at::Tensor& table, const at::Tensor& numbers);

// The same, its gradient as a matrix product: one-hot columns [rows, numbers] by the gradients of what was read.
at::Tensor TableRowsByProduct(const at::Tensor& table, const at::Tensor& numbers);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_TABLE_ROWS_TABLE_ROWS_H_

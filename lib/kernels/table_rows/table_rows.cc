#include "lib/kernels/table_rows/table_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <torch/csrc/autograd/custom_function.h>

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// Rows of a table for which the one-hot columns cost less than a sort.
constexpr int64_t kMostRows = 64;

struct TableRowsFunction : torch::autograd::Function<TableRowsFunction> {
  static Variable forward(AutogradContext* context, const at::Tensor& table, const at::Tensor& numbers) {
    context->save_for_backward({numbers});
    context->saved_data["rows"] = table.size(0);
    return at::embedding(table, numbers);
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const at::Tensor numbers = context->get_saved_variables()[0].flatten();
    const at::Tensor& grad = grads[0];
    const at::Tensor rows = at::arange(context->saved_data["rows"].toInt(), numbers.options()).unsqueeze(1);
    const at::Tensor chosen = rows.eq(numbers).to(grad.scalar_type());  // [rows, numbers]
    return {chosen.mm(grad.reshape({numbers.size(0), -1})), Variable()};
  }
};

}  // namespace

at::Tensor TableRows(const at::Tensor& table, const at::Tensor& numbers) {
  return table.is_cuda() && table.size(0) <= kMostRows ? TableRowsByProduct(table, numbers)
                                                       : at::embedding(table, numbers);
}

at::Tensor TableRowsByProduct(const at::Tensor& table, const at::Tensor& numbers) {
  return TableRowsFunction::apply(table, numbers);
}

}  // namespace tally

#include "lib/model/linear.h"

#include <ATen/ops/linear.h>

namespace tally {

Linear::Linear(const std::string& name, int64_t inputs, int64_t outputs, bool bias, bool residual,
               const Initialiser& initialiser, Parameters* parameters)
    : weight_(parameters->Add(name + ".weight", {outputs, inputs}, initialiser.Linear(inputs, outputs, residual))) {
  if (bias) bias_ = parameters->Add(name + ".bias", {outputs}, initialiser.Bias(inputs));
}

at::Tensor Linear::operator()(const at::Tensor& x) const { return at::linear(x, weight_, bias_); }

}  // namespace tally

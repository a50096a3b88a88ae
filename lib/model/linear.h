// A linear layer.
#ifndef TALLY_LIB_MODEL_LINEAR_H_
#define TALLY_LIB_MODEL_LINEAR_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "lib/model/initialiser.h"
#include "lib/model/parameters.h"

namespace tally {

// x W' (+ b) with parameters NAME.weight [outputs, inputs] and, where asked for, NAME.bias [outputs].
class Linear {
 public:
  // `residual`: the last layer of a residual branch.
  Linear(const std::string& name, int64_t inputs, int64_t outputs, bool bias, bool residual,
         const Initialiser& initialiser, Parameters* parameters);

  // With a weight that exists already.
  Linear(const at::Tensor& weight, const at::Tensor& bias) : weight_(weight), bias_(bias) {}

  // x [..., inputs] -> [..., outputs].
  at::Tensor operator()(const at::Tensor& x) const;

  const at::Tensor& weight() const { return weight_; }
  const at::Tensor& bias() const { return bias_; }  // or undefined

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_LINEAR_H_

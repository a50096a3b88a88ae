// What several rules compute: running means and norms, as the relatives of Adam do, and directions of matrices.
#ifndef TALLY_LIB_OPTIM_RULES_RULE_MATH_H_
#define TALLY_LIB_OPTIM_RULES_RULE_MATH_H_

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cmath>
#include <cstdint>

namespace tally {

// Moves the running mean of a quantity towards its newest value: mean = beta mean + (1 - beta) value.
inline void UpdateMean(const at::Tensor& mean, const at::Tensor& value, double beta) { mean.lerp_(value, 1 - beta); }

// The same for the running mean of its square.
inline void UpdateSquare(const at::Tensor& square, const at::Tensor& value, double beta) {
  square.mul_(beta).addcmul_(value, value, 1 - beta);
}

// The weight that the values have together in a running mean that started at 0, after `step` of them.
inline double WeightOfMean(double beta, int64_t step) { return 1 - std::pow(beta, static_cast<double>(step)); }

// Decoupled weight decay.
inline void Decay(const at::Tensor& weight, double learning_rate, double weight_decay) {
  if (weight_decay > 0) weight.mul_(1 - learning_rate * weight_decay);
}

// The root mean square of a tensor's numbers.
inline double RootMeanSquare(const at::Tensor& tensor) {
  return tensor.norm().item<double>() / std::sqrt(static_cast<double>(tensor.numel()));
}

// The direction of a matrix without its lengths: the orthogonal factor of `matrix` [rows, cols], approximately: five
// Newton-Schulz steps with the quintic of Jordan et al. 2024 ("Muon: an optimizer for hidden layers in neural
// networks"); singular values end between about .7 and 1.2. On the CPU its products are in bfloat16 within a
// Bfloat16Scope.
at::Tensor Orthogonalise(const at::Tensor& matrix);  // muon.cc

// The same of each of `matrices` [matrices, rows, cols], rows <= cols, float32; products are computed in that type.
at::Tensor OrthogonaliseEach(const at::Tensor& matrices, at::ScalarType products);  // muon.cc

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_RULE_MATH_H_

// Normalization over the features of a token.
#ifndef TALLY_LIB_MODEL_NORM_H_
#define TALLY_LIB_MODEL_NORM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "lib/kernels/norm/add_layer_norm.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"

namespace tally {

// `first` + `second`, not yet computed: a norm takes both in one operator. An undefined `second` counts as nothing.
struct Sum {
  at::Tensor first, second;

  at::Tensor Value() const;
};

struct NormFormula;  // norm.cc has one for each kind

// config.norm(), over a last axis of `width` features:
//   LAYER_NORM  (x - mean) / sqrt(variance + epsilon) * weight + bias, biased variance   (Ba et al. 2016, 1607.06450)
//   RMS_NORM    x / sqrt(mean(x^2) + epsilon) * scale, a scale for each feature          (Zhang 2019, 1910.07467)
//   SCALE_NORM  x * scale / max(|x|, epsilon), one scale                                 (Nguyen 2019, 1910.05895)
class Norm {
 public:
  // Its parameters are NAME.weight and NAME.bias, or NAME.scale.
  Norm(const std::string& name, int64_t width, const ModelConfig& config, Parameters* parameters);

  // x [..., width] -> the same shape.
  at::Tensor operator()(const at::Tensor& x) const;

  // x [..., width] -> its value and the norm of that, both of the same shape. A norm that products alone read may come
  // in the type that they compute in.
  SumAndNorm AddThenNorm(const Sum& x, bool for_products = false) const;

 private:
  const NormFormula& formula_;
  const double epsilon_;
  at::Tensor weight_;  // [width], or a scalar for SCALE_NORM
  at::Tensor bias_;    // [width], LAYER_NORM only
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_NORM_H_

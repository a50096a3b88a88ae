// Residual connections.
#ifndef TALLY_LIB_MODEL_RESIDUAL_H_
#define TALLY_LIB_MODEL_RESIDUAL_H_

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"
#include "lib/model/selection.h"

namespace tally {

// config.norm_scheme(), around a branch f:
//   PRE       x + f(N(x))                                                    (Xiong et al. 2020, arXiv 2002.04745)
//   POST      N(x + f(x))                                                    (Vaswani et al. 2017, arXiv 1706.03762)
//   SANDWICH  N2(x + f(N(x)))                                                (after Ding et al. 2021, arXiv 2105.13290)
//   DEEPNORM  N(alpha x + f(x)), alpha = (2 layers recurrences)^(1/4)        (Wang et al. 2022, arXiv 2203.00555)
//   SHAPED    sqrt(1 - gamma^2) x + gamma f(N(x)), gamma = .214              (Noci et al. 2023, arXiv 2306.17759)
//   SIMPLE    x + f(x)                                                       (He et al. 2015, arXiv 1512.03385)
class Residual {
 public:
  // Its norms are NAME.norm and NAME.norm2.
  Residual(const std::string& name, const ModelConfig& config, Parameters* parameters);

  // x [batch, seq, hidden] -> the shape that `branch` maps to: [n, hidden] where it gives the tokens of `selection`
  // alone, else, with null, that of x.
  Sum operator()(const Sum& x, const Selection* selection,
                 absl::FunctionRef<at::Tensor(const at::Tensor&)> branch) const;

 private:
  const ModelConfig::NormScheme scheme_;
  const double alpha_;  // of DEEPNORM
  std::optional<Norm> norm_, norm2_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_RESIDUAL_H_

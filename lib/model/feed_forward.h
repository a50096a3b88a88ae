// The feed-forward layer.
#ifndef TALLY_LIB_MODEL_FEED_FORWARD_H_
#define TALLY_LIB_MODEL_FEED_FORWARD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "lib/model/linear.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"

namespace tally {

// config.intermediate_size(), or its default.
int64_t IntermediateSize(const ModelConfig& config);

// dense_out(norm(g(dense_in(x)))); the norm is there with config.sub_normalization(). g is the non-linearity f, or,
// gated (Shazeer 2020, arXiv 2002.05202), a * f(b) of the first and second half of dense_in's outputs.
class FeedForward {
 public:
  // From `inputs` features to hidden_size. `residual`: stands in a residual branch.
  FeedForward(const std::string& name, int64_t inputs, bool residual, const ModelConfig& config,
              const Initialiser& initialiser, Parameters* parameters);

  // x [..., inputs] -> [..., hidden].
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  // Whether one operator does all of it for x.
  bool HasOperator(const at::Tensor& x) const;

  const ModelConfig::Nonlinearity nonlinearity_;
  const bool gated_;
  const Linear in_;
  const std::optional<Norm> norm_;
  const Linear out_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_FEED_FORWARD_H_

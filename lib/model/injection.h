// How the embedding enters a block of layers before each pass (Bansal et al. 2022, arXiv 2202.05826: recall).
#ifndef TALLY_LIB_MODEL_INJECTION_H_
#define TALLY_LIB_MODEL_INJECTION_H_

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

#include "lib/model/feed_forward.h"
#include "lib/model/linear.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"

namespace tally {

// config.injection(), s the state and e the embedding:
//   ADD s + e; NO_INJECTION s; LINEAR_INJECTION [s, e] W'; FFN_INJECTION a feed-forward layer on [s, e]
class Injection {
 public:
  // Its parameters are NAME.adapter.* or NAME.ffn.*.
  Injection(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // state, embedding [batch, seq, hidden] -> the same shape.
  Sum operator()(const at::Tensor& state, const at::Tensor& embedding) const;

 private:
  const ModelConfig::Injection kind_;
  std::optional<Linear> linear_;
  std::optional<FeedForward> feed_forward_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_INJECTION_H_

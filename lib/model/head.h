// From the last state to logits.
#ifndef TALLY_LIB_MODEL_HEAD_H_
#define TALLY_LIB_MODEL_HEAD_H_

#include <ATen/core/Tensor.h>

#include <optional>

#include "lib/model/feed_forward.h"
#include "lib/model/linear.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"

namespace tally {

// decoder(norm(f(state)) A): f is config.head(), the norm and the adapter A [hidden, embedding] are there where
// configured, and decoder is the output embedding [vocabulary, embedding].
class Head {
 public:
  Head(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // state [..., hidden] -> [..., vocabulary].
  at::Tensor operator()(const at::Tensor& state) const;

 private:
  std::optional<FeedForward> feed_forward_;
  std::optional<Linear> linear_;
  std::optional<Norm> norm_;
  at::Tensor adapter_;  // [hidden, embedding], or undefined; applied untransposed
  std::optional<Linear> decoder_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_HEAD_H_

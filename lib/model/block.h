// One layer of the block: attention and feed-forward, each in a residual branch.
#ifndef TALLY_LIB_MODEL_BLOCK_H_
#define TALLY_LIB_MODEL_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "lib/model/attention.h"
#include "lib/model/layers.h"

namespace tally {

// The residual schemes (f: attention or feed-forward, N: norm):
//   pre   x + f(N(x))     Xiong et al. 2020, arXiv 2002.04745
//   post  N(x + f(x))     Vaswani et al. 2017, arXiv 1706.03762
class Layer {
 public:
  // `name`: "...layers.0".
  Layer(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  const Attention& attention() const { return attention_; }

  // x [batch, seq, hidden] -> the same shape; `bias` as Attention::Forward takes it.
  at::Tensor Forward(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias) const;

 private:
  const bool pre_;
  Attention attention_;
  Norm attention_norm_;
  FeedForward feed_forward_;
  Norm feed_forward_norm_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_BLOCK_H_

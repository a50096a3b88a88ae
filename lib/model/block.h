// Layers in residual connections, and the block of them that a recurrence applies.
#ifndef TALLY_LIB_MODEL_BLOCK_H_
#define TALLY_LIB_MODEL_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "lib/model/attention/attention.h"
#include "lib/model/feed_forward.h"
#include "lib/model/forward_context.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"

namespace tally {

// What the layers of one recurrence share. A copy can be used after the forward pass, as long as the model is there.
struct RecurrenceContext {
  AttentionContext attention;
  AttentionPlan plan;
  std::vector<at::Tensor> biases;  // as Attention::Bias gives them, one a layer of the model; undefined: none is made
  KeyValueCache* cache = nullptr;  // or null
  int64_t layer = 0;               // number of the next layer within the recurrence, counted by the layers
  int64_t first_call = 0;          // number of the recurrence's first attention call
  std::optional<Selection> selection = std::nullopt;    // tokens that leave the recurrence's last layer; none: all
  const std::vector<at::Tensor>* recomputed = nullptr;  // parameters of layers that are computed again; null: none are
};

// A residual connection around a branch f, by config.norm_scheme():
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
  double skip_factor_ = 1, branch_factor_ = 1;
  std::optional<Norm> norm_before_, norm_after_;  // the branch; the sum
};

// How the embedding enters a block before each recurrence (Bansal et al. 2022, arXiv 2202.05826: recall), by
// config.injection(), s the state and e the embedding:
//   ADD s + e; NO_INJECTION s; LINEAR_INJECTION [s, e] W'; FFN_INJECTION a feed-forward layer on [s, e]
class Injection {
 public:
  // Its parameters are NAME.weight, or those of a feed-forward layer NAME.
  Injection(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // state, embedding [batch, seq, hidden] -> the same shape.
  Sum operator()(const at::Tensor& state, const at::Tensor& embedding) const;

 private:
  const ModelConfig::Injection kind_;
  std::optional<Linear> linear_;
  std::optional<FeedForward> feed_forward_;
};

// Attention and feed-forward, each in a residual connection.
class Layer {
 public:
  // `name`: "block.layers.0".
  Layer(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  const Attention& attention() const { return attention_; }

  // x [batch, queries, hidden] -> the same shape, or [n, hidden] for the selection of the recurrence's last layer.
  Sum Forward(const Sum& x, RecurrenceContext* context) const;

  // The same, of which the backward pass keeps `x` alone.
  Sum ForwardRecomputed(const Sum& x, RecurrenceContext* context) const;

 private:
  Attention attention_;
  Residual attention_residual_;
  FeedForward feed_forward_;
  Residual feed_forward_residual_;
};

// An injection, then layers.
class Block {
 public:
  // `name`: "block".
  Block(const std::string& name, int64_t layers, const ModelConfig& config, const Initialiser& initialiser,
        Parameters* parameters);

  const std::deque<Layer>& layers() const { return layers_; }

  // state, embedding [batch, queries, hidden] -> the same shape, or [n, hidden] as Layer::Forward.
  at::Tensor Forward(const at::Tensor& state, const at::Tensor& embedding, RecurrenceContext* context) const;

 private:
  Injection injection_;
  std::deque<Layer> layers_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_BLOCK_H_

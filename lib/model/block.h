// Layers, and the block of layers that a pass applies.
#ifndef TALLY_LIB_MODEL_BLOCK_H_
#define TALLY_LIB_MODEL_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "lib/model/attention/attention.h"
#include "lib/model/feed_forward.h"
#include "lib/model/injection.h"
#include "lib/model/residual.h"
#include "lib/model/selection.h"

namespace tally {

// What the layers of one pass share.
struct PassContext {
  AttentionContext attention;
  std::vector<at::Tensor> biases;  // as Attention::Bias gives them, one a layer of the model; undefined: made in chunks
  KeyValueCache* cache = nullptr;  // or null
  int64_t layer = 0;               // number of the next layer within the pass, counted by the layers
  int64_t first_call = 0;          // number of the pass's first attention call
  const Selection* selection = nullptr;  // the tokens that leave the pass's last layer; null: all of them
};

// Attention and feed-forward, each in a residual connection.
class Layer {
 public:
  // `name`: "...layers.0".
  Layer(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  const Attention& attention() const { return attention_; }

  // x [batch, queries, hidden] -> the same shape, or [n, hidden] for the selection of the pass's last layer.
  Sum Forward(const Sum& x, PassContext* context) const;

 private:
  Attention attention_;
  Residual attention_residual_;
  FeedForward feed_forward_;
  Residual feed_forward_residual_;
};

// An injection, then layers.
class Block {
 public:
  // `name`: "encoder.recurrent_block._orig_mod".
  Block(const std::string& name, int64_t layers, const ModelConfig& config, const Initialiser& initialiser,
        Parameters* parameters);

  const std::deque<Layer>& layers() const { return layers_; }

  // state, embedding [batch, queries, hidden] -> the same shape, or [n, hidden] as Layer::Forward.
  at::Tensor Forward(const at::Tensor& state, const at::Tensor& embedding, PassContext* context) const;

 private:
  Injection injection_;
  std::deque<Layer> layers_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_BLOCK_H_

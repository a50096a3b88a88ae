// Terms that position adds to attention logits.
#ifndef TALLY_LIB_MODEL_POSITIONS_LOGIT_BIAS_H_
#define TALLY_LIB_MODEL_POSITIONS_LOGIT_BIAS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/kernels/relative_bias/relative_bias.h"
#include "lib/model/forward_context.h"
#include "lib/model/initialiser.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"
#include "lib/model/positions/registry.h"

namespace tally {

// One term: a class of this kind in a file of its own, which registers it (registry.h).
class LogitBias {
 public:
  virtual ~LogitBias() = default;

  // The term, times row_scale, for queries begin, ..., end - 1 and keys 0, ..., end - 1; -infinity for keys after their
  // query. A shape that broadcasts to [batch, heads, end - begin, end].
  virtual at::Tensor Bias(const AttentionContext& context, int64_t begin, int64_t end) const = 0;

  // For a term that is row_scale times a table of clipped differences of ids: the table, [heads, columns], and the ids,
  // for operators that look it up themselves; else an undefined table.
  struct Lookup {
    at::Tensor table;
    RelativeIds ids;
  };
  virtual Lookup LookupOf(const AttentionContext& /*context*/) const { return {}; }
};

// The terms of `config`, none for a model without position in its attention. `name`: "block.layers.0.attention".
std::vector<std::unique_ptr<LogitBias>> MakeLogitBiases(const std::string& name, const ModelConfig& config,
                                                        const Initialiser& initialiser, Parameters* parameters);

// 0 for keys up to the query, -infinity after it; [end - begin, end] float32 on `device`.
at::Tensor CausalMask(int64_t begin, int64_t end, at::Device device);

// What the relative bias of `attention`, which has one, looks up.
RelativeClips RelativeClipsOf(const AttentionConfig& attention);

// The relative bias, which goes with any scheme (AttentionConfig.relative_clip).
std::unique_ptr<LogitBias> MakeClippedRelativeBias(const std::string& name, const ModelConfig& config,
                                                   Parameters* parameters);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_LOGIT_BIAS_H_

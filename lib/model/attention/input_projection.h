// The matrix that makes attention's queries, keys and values, with whatever is shared or left out.
#ifndef TALLY_LIB_MODEL_ATTENTION_INPUT_PROJECTION_H_
#define TALLY_LIB_MODEL_ATTENTION_INPUT_PROJECTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "lib/model/feed_forward.h"
#include "lib/model/initialiser.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"

namespace tally {

// Operators of attention take one matrix with a query, key and value for each head. Parameters, of attention NAME:
//   NAME.in.*         all of it, unless something is shared or left out; else
//   NAME.queries.*    the queries, where content counts
//   NAME.shared.*     the keys, where content counts, and the values of key_value_heads heads (Shazeer 2019, arXiv
//                     1911.02150; Ainslie et al. 2023, arXiv 2305.13245)
// Neighbouring heads share a key and a value. Without content, queries and keys are zeros: logits are the biases alone
// (a "fixed" Synthesizer: Tay et al. 2020, arXiv 2005.00743).
class InputProjection {
 public:
  InputProjection(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                  Parameters* parameters);

  at::Tensor weight() const;  // [3 hidden, hidden], rows as AttentionConfig.packing says
  at::Tensor bias() const;    // [3 hidden], or undefined

 private:
  at::Tensor Repeated(const at::Tensor& rows) const;
  at::Tensor Joined(const at::Tensor& queries, const at::Tensor& shared) const;

  const int64_t heads_, shared_heads_;
  std::optional<Linear> all_, queries_, shared_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_ATTENTION_INPUT_PROJECTION_H_

#include "lib/model/attention/input_projection.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include <vector>

#include "lib/model/validate.h"

namespace tally {

InputProjection::InputProjection(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                                 Parameters* parameters)
    : heads_(config.attention().heads()), shared_heads_(KeyValueHeads(config.attention())) {
  const bool content = config.attention().content();
  const int64_t hidden = config.hidden_size(), of_shared = hidden / heads_ * shared_heads_;
  const std::vector<Init> inits = initialiser.AttentionInput();
  const auto add = [&](const char* suffix, int64_t outputs, const std::vector<Init>& init) {
    const LinearShape shape = {.inputs = hidden,
                               .outputs = outputs,
                               .bias = config.attention().input_bias(),
                               .rank = config.matrix_rank(),
                               .role = ParameterRole::kHiddenMatrix};
    return Linear(name + suffix, shape, init, Init::Constant(0), parameters);
  };
  if (content && shared_heads_ == heads_) {
    all_.emplace(add(".in", 3 * hidden, inits));
  } else if (content) {
    queries_.emplace(add(".queries", hidden, {inits.front()}));
    shared_.emplace(add(".shared", 2 * of_shared, {inits.front(), inits.back()}));
  } else {
    shared_.emplace(add(".shared", of_shared, {inits.back()}));
  }
}

// Rows of shared heads, or numbers, [shared heads * size, ...] -> [heads * size, ...].
at::Tensor InputProjection::Repeated(const at::Tensor& rows) const {
  if (shared_heads_ == heads_) return rows;
  return rows.unflatten(0, {shared_heads_, -1}).repeat_interleave(heads_ / shared_heads_, 0).flatten(0, 1);
}

// Those of all three roles; `queries` is undefined without content.
at::Tensor InputProjection::Joined(const at::Tensor& queries, const at::Tensor& shared) const {
  if (!queries.defined()) {
    const at::Tensor values = Repeated(shared), none = at::zeros_like(values);
    return at::cat({none, none, values});
  }
  const int64_t half = shared.size(0) / 2;
  return at::cat({queries, Repeated(shared.narrow(0, 0, half)), Repeated(shared.narrow(0, half, half))});
}

at::Tensor InputProjection::weight() const {
  if (all_) return all_->weight();
  return Joined(queries_ ? queries_->weight() : at::Tensor(), shared_->weight());
}

at::Tensor InputProjection::bias() const {
  if (all_) return all_->bias();
  if (!shared_->bias().defined()) return {};
  return Joined(queries_ ? queries_->bias() : at::Tensor(), shared_->bias());
}

}  // namespace tally

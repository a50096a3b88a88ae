// ALiBi (Press et al. 2021, arXiv 2108.12409, section 3): bias[h, i, j] = -2^(-8 (h + 1) / heads) (p_i - p_j).
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/exp2.h>

#include "lib/model/positions/device_constant.h"
#include "lib/model/positions/logit_bias.h"

namespace tally {
namespace {

class AlibiBias : public LogitBias {
 public:
  explicit AlibiBias(int64_t heads)
      : slopes_(at::exp2(at::arange(1, heads + 1, at::kFloat) * (-8.0 / heads)).view({heads, 1, 1})) {}

  at::Tensor Bias(const AttentionContext& context, int64_t begin, int64_t end) const override {
    const at::Tensor key = context.positions.narrow(0, 0, end);
    const at::Tensor query = context.positions.narrow(0, begin, end - begin).unsqueeze(1);
    const at::Tensor row_scale = context.row_scale.narrow(0, begin, end - begin).unsqueeze(1);
    return (slopes_.On(key.device()) * ((key - query) * row_scale) + CausalMask(begin, end, key.device())).unsqueeze(0);
  }

 private:
  const DeviceConstant slopes_;  // [heads, 1, 1]
};

std::unique_ptr<LogitBias> Make(const std::string& /*name*/, const ModelConfig& config,
                                const Initialiser& /*initialiser*/, Parameters* /*parameters*/) {
  return std::make_unique<AlibiBias>(config.attention().heads());
}

const RegisterAttention kAlibi({.position = AttentionConfig::ALIBI, .make_bias = Make});

}  // namespace
}  // namespace tally

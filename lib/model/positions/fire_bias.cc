// FIRE (Li et al. 2023, arXiv 2310.04418), as the reference has it. For positions p:
//
//   threshold   = |multiplier * length|                  length is stored and not trained
//   distance    = log(1 + |slope (p_i - p_j)|) / (log(1 + |slope max(p_i, threshold)|) + 1e-6)
//   bias[h,i,j] = W2 relu(W1 distance + b1) + b2         W1 [32, 1], W2 [heads, 32]
#include <ATen/TensorOperators.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/relu.h>

#include "lib/model/feed_forward.h"
#include "lib/model/positions/logit_bias.h"

namespace tally {
namespace {

constexpr int64_t kWidth = 32;
constexpr double kInitialLength = 512;

class FireBias : public LogitBias {
 public:
  FireBias(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters)
      : multiplier_(parameters->Add(name + ".multiplier", ParameterRole::kScalar, {}, Init::Constant(1))),
        slope_(parameters->Add(name + ".slope", ParameterRole::kScalar, {}, Init::Constant(0.1))),
        length_(parameters->AddConstant(name + ".length", kInitialLength)),
        in_(name + ".in", {.inputs = 1, .outputs = kWidth, .bias = true}, initialiser, parameters),
        out_(name + ".out", {.inputs = kWidth, .outputs = config.attention().heads(), .bias = true}, initialiser,
             parameters) {}

  at::Tensor Bias(const AttentionContext& context, int64_t begin, int64_t end) const override {
    const at::Tensor key = context.positions.narrow(0, 0, end);                                 // [K]
    const at::Tensor query = context.positions.narrow(0, begin, end - begin).unsqueeze(1);      // [Q, 1]
    const at::Tensor row_scale = context.row_scale.narrow(0, begin, end - begin).unsqueeze(1);  // [Q, 1]
    const at::Tensor longest = at::maximum(query, (multiplier_ * length_).abs());
    const at::Tensor norm = (slope_ * longest).abs().log1p() + 1e-6;
    const at::Tensor distance = (slope_ * (query - key)).abs().log1p() / norm;  // [Q, K]
    const at::Tensor bias = out_(at::relu(in_(distance.unsqueeze(-1))));        // [Q, K, heads]
    return (bias.permute({2, 0, 1}) * row_scale + CausalMask(begin, end, key.device())).unsqueeze(0);
  }

 private:
  const at::Tensor multiplier_, slope_, length_;  // scalars
  const Linear in_, out_;
};

std::unique_ptr<LogitBias> Make(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                                Parameters* parameters) {
  return std::make_unique<FireBias>(name + ".fire", config, initialiser, parameters);
}

const RegisterAttention kFire({.position = AttentionConfig::FIRE, .make_bias = Make, .draws_positions = true});

}  // namespace
}  // namespace tally

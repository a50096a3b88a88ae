// Adafactor: Shazeer and Stern 2018, arXiv 1804.04235, algorithms 4 and 5 without relative step sizes, which are a
// schedule. With b = 1 - t^-decay and s = g^2 + 1e-30:
//
//   matrices [rows, cols]: row = b row + (1 - b) mean of s over columns, col = b col + (1 - b) mean of s over rows,
//                          v = row col / mean(row)
//   other parameters:      v = b v + (1 - b) s
//   u = g / sqrt(v); u = u / max(1, rms(u) / clip); w -= lr decay w; w -= lr u
//
// where lr is also times max(1e-3, rms(w)) if adafactor_scale is set.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

class Adafactor : public UpdateRule {
 public:
  explicit Adafactor(const OptimizerConfig& config) : config_(config) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"adafactor.square", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t step) const override {
    const double beta = 1 - std::pow(static_cast<double>(step), -config_.adafactor_decay());
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor& weight = group->weights[i];
      const at::Tensor update = Normalised(group->grads[i], *group, i, beta);
      const double excess = std::max(1.0, RootMeanSquare(update) / config_.adafactor_clip());
      double learning_rate = factor * config_.learning_rate();
      if (config_.adafactor_scale()) learning_rate *= std::max(1e-3, RootMeanSquare(weight));
      Decay(weight, learning_rate, group->weight_decay);
      weight.add_(update, -learning_rate / excess);
    }
  }

 protected:
  // g^2 + 1e-30
  static at::Tensor Squares(const at::Tensor& grad) { return grad.square().add_(1e-30); }

  // Takes in the gradient of the group's i-th parameter and returns it divided by the root of its second moment.
  virtual at::Tensor Normalised(const at::Tensor& grad, const ParameterGroup& group, size_t i, double beta) const {
    const at::Tensor& square = group.memory[0][i];
    UpdateMean(square, Squares(grad), beta);
    return grad * square.rsqrt();
  }

 private:
  const OptimizerConfig& config_;
};

class FactoredAdafactor : public Adafactor {
 public:
  using Adafactor::Adafactor;

  bool Fits(const Parameter& parameter) const override { return parameter.tensor.dim() == 2; }

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    const at::TensorOptions options = weight.options().requires_grad(false);
    return {{"adafactor.row", at::zeros({weight.size(0)}, options)},
            {"adafactor.column", at::zeros({weight.size(1)}, options)}};
  }

 protected:
  at::Tensor Normalised(const at::Tensor& grad, const ParameterGroup& group, size_t i, double beta) const override {
    const at::Tensor &row = group.memory[0][i], &column = group.memory[1][i];
    const at::Tensor squares = Squares(grad);
    UpdateMean(row, squares.mean(1), beta);
    UpdateMean(column, squares.mean(0), beta);
    return grad * (row / row.mean()).rsqrt_().unsqueeze(1) * column.rsqrt();
  }
};

}  // namespace

std::unique_ptr<UpdateRule> MakeAdafactor(const OptimizerConfig& config) { return std::make_unique<Adafactor>(config); }

std::unique_ptr<UpdateRule> MakeFactoredAdafactor(const OptimizerConfig& config) {
  return std::make_unique<FactoredAdafactor>(config);
}

}  // namespace tally

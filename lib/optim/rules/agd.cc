// Automatic gradient descent: Bernstein et al. 2023, arXiv 2304.05187, algorithm 1, for L matrices w [rows, cols] with
// gradients g; it has no learning rate, no memory and no weight decay:
//
//   s = sqrt(rows / cols), G = sum of s |g| / L, eta = log((1 + sqrt(1 + 4 G)) / 2); w -= gain eta / L s g / |g|
#include <ATen/TensorOperators.h>

#include <cmath>

#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

double Shape(const at::Tensor& matrix) { return std::sqrt(static_cast<double>(matrix.size(0)) / matrix.size(1)); }

class Agd : public UpdateRule {
 public:
  explicit Agd(const OptimizerConfig& config) : config_(config) {}

  bool Fits(const Parameter& parameter) const override { return parameter.role == ParameterRole::kHiddenMatrix; }

  bool MovesEachAlone() const override { return false; }

  std::vector<Memory> Remembered(const at::Tensor& /*weight*/) const override { return {}; }

  void Update(ParameterGroup* group, double factor, int64_t /*step*/) const override {
    const double depth = static_cast<double>(group->weights.size());
    std::vector<double> norms;
    double sum = 0;
    for (const at::Tensor& grad : group->grads) {
      norms.push_back(grad.norm().item<double>());
      sum += Shape(grad) * norms.back() / depth;
    }
    const double eta = factor * config_.agd_gain() * std::log((1 + std::sqrt(1 + 4 * sum)) / 2);
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor& grad = group->grads[i];
      if (norms[i] > 0) group->weights[i].add_(grad, -eta / depth * Shape(grad) / norms[i]);
    }
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeAgd(const OptimizerConfig& config) { return std::make_unique<Agd>(config); }

}  // namespace tally

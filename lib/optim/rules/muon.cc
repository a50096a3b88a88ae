// Muon: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks". For a gradient g [rows, cols]:
//
//   m = beta m + (1 - beta) g
//   w = w (1 - lr decay) - lr sqrt(max(1, rows / cols)) Orthogonalise((1 - beta) g + beta m)       (Nesterov)
#include <ATen/TensorOperators.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "lib/kernels/gemm/bfloat16_scope.h"
#include "lib/kernels/gemm/products.h"
#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

// An iteration: x <- kSelf x + (kLinear a + kCubic a a) x, a = x x'.
constexpr int kIterations = 5;
constexpr double kSelf = 3.4445, kLinear = -4.7750, kCubic = 2.0315;

// The factor on the learning rate of a matrix.
double ShapeFactor(const at::Tensor& matrix) {
  return std::sqrt(std::max(1.0, static_cast<double>(matrix.size(0)) / matrix.size(1)));
}

class Muon : public UpdateRule {
 public:
  explicit Muon(const OptimizerConfig& config) : config_(config) {}

  bool Fits(const Parameter& parameter) const override { return parameter.role == ParameterRole::kHiddenMatrix; }

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"muon.momentum", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t /*step*/) const override {
    const double beta = config_.muon_momentum(), learning_rate = factor * config_.muon_learning_rate();
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor &grad = group->grads[i], &momentum = group->memory[0][i], &weight = group->weights[i];
      momentum.lerp_(grad, 1 - beta);
      weight.mul_(1 - learning_rate * group->weight_decay);
      weight.add_(Orthogonalise(grad.lerp(momentum, beta)), -learning_rate * ShapeFactor(grad));
    }
  }

  bool HasDeviceForm() const override { return true; }

  // The matrices of one short side together, padded with zeros to the longest: zero columns stay zero in every product,
  // and change none of the others.
  void UpdateOnDevice(ParameterGroup* group, const DeviceStepNumbers& step) const override {
    const double beta = config_.muon_momentum();
    group->flat_memory[0].lerp_(group->flat_grads, step.finite * (1 - beta));
    const at::Tensor flat = group->flat_grads.lerp(group->flat_memory[0], beta);
    const at::Tensor rate = step.factor * step.finite * config_.muon_learning_rate();
    if (group->weight_decay > 0) at::_foreach_mul_(group->weights, 1 - rate * group->weight_decay);
    for (const auto& [rows, members] : ByShortSide(*group))
      MoveTogether(rows, members, flat, rate, step.products, group);
  }

 private:
  // Where a matrix is among the group's, and its first number in their flat gradient.
  struct Member {
    size_t number;
    int64_t begin;
  };

  // The group's matrices by their shorter side; where that is long enough to fill a device alone, by their longer one
  // too.
  static std::map<std::pair<int64_t, int64_t>, std::vector<Member>> ByShortSide(const ParameterGroup& group) {
    constexpr int64_t kPadded = 256;  // shorter sides up to this
    std::map<std::pair<int64_t, int64_t>, std::vector<Member>> classes;
    int64_t begin = 0;
    for (size_t i = 0; i < group.weights.size(); ++i) {
      const auto [rows, columns] = std::minmax({group.weights[i].size(0), group.weights[i].size(1)});
      classes[{rows, rows <= kPadded ? 0 : columns}].push_back({i, begin});
      begin += group.weights[i].numel();
    }
    return classes;
  }

  static void MoveTogether(const std::pair<int64_t, int64_t>& sides, const std::vector<Member>& members,
                           const at::Tensor& flat, const at::Tensor& rate, at::ScalarType products,
                           ParameterGroup* group) {
    int64_t columns = 0;
    for (const Member& member : members) {
      columns = std::max(columns, group->weights[member.number].numel() / sides.first);
    }
    const at::Tensor stack = at::zeros({static_cast<int64_t>(members.size()), sides.first, columns}, flat.options());
    // Matrix i of `matrices` as it lies in its weight's shape.
    const auto part = [&](const at::Tensor& matrices, size_t i) {
      const at::Tensor& weight = group->weights[members[i].number];
      const at::Tensor wide = matrices.select(0, i).narrow(1, 0, weight.numel() / sides.first);
      return weight.size(0) > weight.size(1) ? wide.t() : wide;
    };
    for (size_t i = 0; i < members.size(); ++i) {
      const at::Tensor& weight = group->weights[members[i].number];
      part(stack, i).copy_(flat.narrow(0, members[i].begin, weight.numel()).view(weight.sizes()));
    }
    const at::Tensor moved = OrthogonaliseEach(stack, products) * -rate;
    for (size_t i = 0; i < members.size(); ++i) {
      const at::Tensor& weight = group->weights[members[i].number];
      weight.add_(part(moved, i), ShapeFactor(weight));
    }
  }

  const OptimizerConfig& config_;
};

}  // namespace

at::Tensor OrthogonaliseEach(const at::Tensor& matrices, at::ScalarType products) {
  at::Tensor x = (matrices / (matrices.norm(2, {1, 2}, /*keepdim=*/true) + 1e-7)).to(products);
  for (int i = 0; i < kIterations; ++i) {
    const at::Tensor a = x.bmm(x.transpose(1, 2));
    const at::Tensor b = at::baddbmm(a, a, a, kLinear, kCubic);
    x = at::baddbmm(x, b, x, kSelf);
  }
  return x.to(at::kFloat);
}

namespace {

// An iteration by products in bfloat16; x is contiguous.
at::Tensor IteratedInBfloat16(const at::Tensor& x) {
  const auto factor = [](const at::Tensor& matrix, bool transposed) {
    return RightFactor(matrix, transposed, FactorType::kBfloat16);
  };
  const at::Tensor a = Product(x, factor(x, /*transposed=*/true));
  const at::Tensor b = Product(a, factor(a, /*transposed=*/false)).mul_(kCubic).add_(a, kLinear);
  return Product(b, factor(x, /*transposed=*/false)).add_(x, kSelf);
}

at::Tensor Iterated(const at::Tensor& x) {
  const at::Tensor a = x.mm(x.t());
  const at::Tensor b = at::addmm(a, a, a, kLinear, kCubic);
  return at::addmm(x, b, x, kSelf);
}

}  // namespace

at::Tensor Orthogonalise(const at::Tensor& matrix) {
  const bool tall = matrix.size(0) > matrix.size(1), bfloat16 = matrix.is_cpu() && InBfloat16Scope();
  at::Tensor x = tall ? matrix.t() : matrix;
  x = x / (x.norm() + 1e-7);
  if (bfloat16) x = x.contiguous();
  for (int i = 0; i < kIterations; ++i) x = bfloat16 ? IteratedInBfloat16(x) : Iterated(x);
  return tall ? x.t() : x;
}

std::unique_ptr<UpdateRule> MakeMuon(const OptimizerConfig& config) { return std::make_unique<Muon>(config); }

}  // namespace tally

// Every rule against a textbook version: one number at a time, double precision, on a quadratic loss.
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "lib/optim/optimizer.h"

namespace tally {
namespace {

using Numbers = std::vector<double>;

// A parameter of the textbook versions: `rows` x `columns` numbers, a vector where rows is 0.
struct Plain {
  int rows = 0, columns = 0;
  double decay = 0;
  Numbers w, g, m, v;                                             // weight, gradient, first and second moment
  Numbers row, column;                                            // of Adafactor
  double curvature(int i) const { return 0.5 + 0.25 * (i % 7); }  // the Hessian is diagonal
  double bottom(int i) const { return 0.3 * (i % 3) - 0.2; }      // where the loss is least
  int size() const { return static_cast<int>(w.size()); }
  double Norm(const Numbers& x) const {
    double sum = 0;
    for (const double value : x) sum += value * value;
    return std::sqrt(sum);
  }
  double Rms(const Numbers& x) const { return Norm(x) / std::sqrt(size()); }
};

// One update of `p` with learning rate `lr`, `t` counting from 1.
using Rule = std::function<void(const OptimizerConfig& c, double lr, int t, Plain& p)>;

double Weight(double beta, double t) { return 1 - std::pow(beta, t); }

void Moments(const OptimizerConfig& c, Plain& p) {
  for (int i = 0; i < p.size(); ++i) {
    p.m[i] = c.beta1() * p.m[i] + (1 - c.beta1()) * p.g[i];
    p.v[i] = c.beta2() * p.v[i] + (1 - c.beta2()) * p.g[i] * p.g[i];
  }
}

void AdamW(const OptimizerConfig& c, double lr, int t, Plain& p) {
  Moments(c, p);
  for (int i = 0; i < p.size(); ++i) {
    const double mean = p.m[i] / Weight(c.beta1(), t), square = p.v[i] / Weight(c.beta2(), t);
    p.w[i] -= lr * (mean / (std::sqrt(square) + c.epsilon()) + p.decay * p.w[i]);
  }
}

void Adam(const OptimizerConfig& c, double lr, int t, Plain& p) {
  for (int i = 0; i < p.size(); ++i) p.g[i] += p.decay * p.w[i];
  p.decay = 0;
  AdamW(c, lr, t, p);
}

// AdamW with the largest second moment so far, kept in p.row.
void AmsGrad(const OptimizerConfig& c, double lr, int t, Plain& p) {
  Moments(c, p);
  p.row.resize(p.size());
  for (int i = 0; i < p.size(); ++i) {
    p.row[i] = std::max(p.row[i], p.v[i]);
    const double size = std::sqrt(p.row[i] / Weight(c.beta2(), t)) + c.epsilon();
    p.w[i] -= lr * (p.m[i] / Weight(c.beta1(), t) / size + p.decay * p.w[i]);
  }
}

void RAdam(const OptimizerConfig& c, double lr, int t, Plain& p) {
  for (int i = 0; i < p.size(); ++i) p.g[i] += p.decay * p.w[i];
  Moments(c, p);
  const double limit = 2 / (1 - c.beta2()) - 1;
  const double length = limit - 2 * t * std::pow(c.beta2(), t) / Weight(c.beta2(), t);
  for (int i = 0; i < p.size(); ++i) {
    const double mean = p.m[i] / Weight(c.beta1(), t);
    double step = mean;
    if (length > 5) {
      const double r = std::sqrt((length - 4) / (limit - 4) * (length - 2) / (limit - 2) * limit / length);
      step = mean * r * std::sqrt(Weight(c.beta2(), t)) / (std::sqrt(p.v[i]) + c.epsilon());
    }
    p.w[i] -= lr * step;
  }
}

void AdamWScale(const OptimizerConfig& c, double lr, int t, Plain& p) {
  Moments(c, p);
  const double scale = std::max(1e-3, p.Rms(p.w));
  for (int i = 0; i < p.size(); ++i) {
    const double correction = std::sqrt(Weight(c.beta2(), t)) / Weight(c.beta1(), t);
    p.w[i] -= lr * scale * correction * p.m[i] / (std::sqrt(p.v[i]) + c.epsilon());
    p.w[i] *= 1 - lr * p.decay;
  }
}

void Sgd(const OptimizerConfig& c, double lr, int /*t*/, Plain& p) {
  for (int i = 0; i < p.size(); ++i) {
    const double g = p.g[i] + p.decay * p.w[i];
    p.m[i] = c.momentum() * p.m[i] + g;
    p.w[i] -= lr * (c.nesterov() ? g + c.momentum() * p.m[i] : p.m[i]);
  }
}

void Lion(const OptimizerConfig& c, double lr, int /*t*/, Plain& p) {
  for (int i = 0; i < p.size(); ++i) {
    const double direction = c.beta1() * p.m[i] + (1 - c.beta1()) * p.g[i];
    p.w[i] -= lr * ((direction > 0) - (direction < 0) + p.decay * p.w[i]);
    p.m[i] = c.beta2() * p.m[i] + (1 - c.beta2()) * p.g[i];
  }
}

void Adafactor(const OptimizerConfig& c, double lr, int t, Plain& p) {
  const double beta = 1 - std::pow(t, -c.adafactor_decay());
  Numbers u = p.g;
  if (p.rows > 0) {
    p.row.resize(p.rows), p.column.resize(p.columns);
    for (double& x : p.row) x *= beta;
    for (double& x : p.column) x *= beta;
    for (int i = 0; i < p.size(); ++i) {
      p.row[i / p.columns] += (1 - beta) * (p.g[i] * p.g[i] + 1e-30) / p.columns;
      p.column[i % p.columns] += (1 - beta) * (p.g[i] * p.g[i] + 1e-30) / p.rows;
    }
    double mean = 0;
    for (const double x : p.row) mean += x / p.rows;
    for (int i = 0; i < p.size(); ++i) u[i] /= std::sqrt(p.row[i / p.columns] * p.column[i % p.columns] / mean);
  } else {
    for (int i = 0; i < p.size(); ++i) {
      p.v[i] = beta * p.v[i] + (1 - beta) * (p.g[i] * p.g[i] + 1e-30);
      u[i] /= std::sqrt(p.v[i]);
    }
  }
  const double excess = std::max(1.0, p.Rms(u) / c.adafactor_clip());
  if (c.adafactor_scale()) lr *= std::max(1e-3, p.Rms(p.w));
  for (int i = 0; i < p.size(); ++i) p.w[i] -= lr * (u[i] / excess + p.decay * p.w[i]);
}

void Sophia(const OptimizerConfig& c, double lr, int t, Plain& p) {
  for (int i = 0; i < p.size(); ++i) {
    p.m[i] = c.beta1() * p.m[i] + (1 - c.beta1()) * p.g[i];
    if (t % c.hessian_every_steps() == 1) p.v[i] = c.beta2() * p.v[i] + (1 - c.beta2()) * p.curvature(i);
    const double ratio = p.m[i] / std::max(c.sophia_gamma() * p.v[i], c.epsilon());
    p.w[i] -= lr * (std::max(-1.0, std::min(1.0, ratio)) + p.decay * p.w[i]);
  }
}

void AdaHessian(const OptimizerConfig& c, double lr, int t, Plain& p) {
  for (int i = 0; i < p.size(); ++i) {
    p.m[i] = c.beta1() * p.m[i] + (1 - c.beta1()) * p.g[i];
    if (t % c.hessian_every_steps() == 1) {
      p.v[i] = c.beta2() * p.v[i] + (1 - c.beta2()) * p.curvature(i) * p.curvature(i);
    }
    const int estimates =
        (t + static_cast<int>(c.hessian_every_steps()) - 1) / static_cast<int>(c.hessian_every_steps());
    const double size = std::pow(p.v[i] / Weight(c.beta2(), estimates), c.hessian_power() / 2);
    p.w[i] -= lr * (p.m[i] / Weight(c.beta1(), t) / (size + c.epsilon()) + p.decay * p.w[i]);
  }
}

// LARS or LARC before `rule`.
Rule Layerwise(bool at_most_lr, Rule rule) {
  return [=](const OptimizerConfig& c, double lr, int t, Plain& p) {
    double ratio = c.trust_coefficient() * p.Norm(p.w) / (p.Norm(p.g) + p.decay * p.Norm(p.w) + 1e-8);
    if (at_most_lr) ratio = std::min(ratio / lr, 1.0);
    for (int i = 0; i < p.size(); ++i) p.g[i] = ratio * (p.g[i] + p.decay * p.w[i]);
    p.decay = 0;
    rule(c, lr, t, p);
  };
}

struct Case {
  const char* name;
  OptimizerConfig::Kind kind;
  Rule rule;
  std::function<void(OptimizerConfig*)> set = [](OptimizerConfig*) {};
};

class UpdateRules : public ::testing::TestWithParam<Case> {
 protected:
  UpdateRules() : parameters_(/*seed=*/7) {
    Add("block.layers.0.weight", ParameterRole::kHiddenMatrix, 6, 4, /*decay=*/0.1);
    Add("embedding.table", ParameterRole::kEmbedding, 3, 4, 0.1);
    Add("head.norm.weight", ParameterRole::kNorm, 0, 5, 0);
  }

  void Add(const char* name, ParameterRole role, int rows, int columns, double decay) {
    const std::vector<int64_t> shape = rows > 0 ? std::vector<int64_t>{rows, columns} : std::vector<int64_t>{columns};
    const at::Tensor tensor = parameters_.Add(name, role, shape, Init::Normal(1));
    Plain p;
    p.rows = rows, p.columns = columns, p.decay = decay;
    const float* const values = tensor.const_data_ptr<float>();
    p.w.assign(values, values + tensor.numel());
    p.m.resize(p.w.size()), p.v.resize(p.w.size()), p.g.resize(p.w.size());
    plain_.push_back(p);
  }

  // The gradient of sum of curvature (w - bottom)^2 / 2 at the parameters.
  void SetGradients() {
    const at::NoGradGuard no_grad;
    for (size_t k = 0; k < plain_.size(); ++k) {
      const at::Tensor& weight = parameters_.entries()[k].tensor;
      const at::Tensor grad = weight.detach().clone();
      float* const g = grad.mutable_data_ptr<float>();
      for (int i = 0; i < plain_[k].size(); ++i) {
        g[i] = static_cast<float>(plain_[k].curvature(i) * (g[i] - plain_[k].bottom(i)));
      }
      weight.mutable_grad() = grad;
    }
  }

  Parameters parameters_;
  std::vector<Plain> plain_;
};

TEST_P(UpdateRules, EqualTheTextbook) {
  OptimizerConfig config;
  config.set_kind(GetParam().kind);
  config.set_learning_rate(0.05);
  config.set_weight_decay(0.1);
  config.set_hessian_every_steps(3);
  GetParam().set(&config);
  Optimizer optimizer(config, parameters_, /*seed=*/1);
  for (int t = 1; t <= 20; ++t) {
    const double factor = 1.0 / (1 + 0.1 * t);
    SetGradients();
    optimizer.Step(factor, [this] { SetGradients(); });
    for (size_t k = 0; k < plain_.size(); ++k) {
      Plain& p = plain_[k];
      for (int i = 0; i < p.size(); ++i) p.g[i] = p.curvature(i) * (p.w[i] - p.bottom(i));
      const double decay = p.decay;
      GetParam().rule(config, factor * 0.05, t, p);
      p.decay = decay;
      const float* const w = parameters_.entries()[k].tensor.const_data_ptr<float>();
      for (int i = 0; i < p.size(); ++i) ASSERT_NEAR(w[i], p.w[i], 2e-4) << "update " << t << ", " << k << ", " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, UpdateRules,
    ::testing::Values(
        Case{"AdamW", OptimizerConfig::ADAMW, AdamW}, Case{"Adam", OptimizerConfig::ADAM, Adam},
        Case{"RAdam", OptimizerConfig::RADAM, RAdam}, Case{"AdamWScale", OptimizerConfig::ADAMW_SCALE, AdamWScale},
        Case{"AmsGrad", OptimizerConfig::ADAMW, AmsGrad, [](OptimizerConfig* c) { c->set_amsgrad(true); }},
        Case{"Nesterov", OptimizerConfig::SGD, Sgd},
        Case{"HeavyBall", OptimizerConfig::SGD, Sgd, [](OptimizerConfig* c) { c->set_nesterov(false); }},
        Case{"PlainSgd", OptimizerConfig::SGD, Sgd, [](OptimizerConfig* c) { c->set_momentum(0); }},
        Case{"Lion", OptimizerConfig::LION, Lion}, Case{"Adafactor", OptimizerConfig::ADAFACTOR, Adafactor},
        Case{"AdafactorScaled", OptimizerConfig::ADAFACTOR, Adafactor,
             [](OptimizerConfig* c) { c->set_adafactor_scale(true); }},
        Case{"Sophia", OptimizerConfig::SOPHIA, Sophia, [](OptimizerConfig* c) { c->set_sophia_gamma(20); }},
        Case{"SophiaCut", OptimizerConfig::SOPHIA, Sophia}, Case{"AdaHessian", OptimizerConfig::ADAHESSIAN, AdaHessian},
        Case{"Lars", OptimizerConfig::SGD, Layerwise(false, Sgd),
             [](OptimizerConfig* c) { c->set_layerwise(OptimizerConfig::LARS); }},
        Case{"Larc", OptimizerConfig::SGD, Layerwise(true, Sgd),
             [](OptimizerConfig* c) { c->set_layerwise(OptimizerConfig::LARC); }}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace tally

#include "lib/model/attention/forward_record.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "lib/model/attention/attention.h"
#include "lib/model/initialiser.h"
#include "lib/model/models_for_test.h"

namespace tally {
namespace {

// softmax over j <= i of <q_i, k_j> / sqrt(size), number by number, for head `h`: [tokens, tokens].
std::vector<std::vector<double>> PlainWeights(const at::Tensor& x, const at::Tensor& in_weight, int64_t h,
                                              int64_t size) {
  const int64_t tokens = x.size(0), hidden = x.size(1);
  const auto feature = [&](int64_t role, int64_t t, int64_t f) {
    double sum = 0;
    for (int64_t c = 0; c < hidden; ++c) {
      sum += x[t][c].item<double>() * in_weight[role * hidden + h * size + f][c].item<double>();
    }
    return sum;
  };
  std::vector<std::vector<double>> weights(tokens, std::vector<double>(tokens));
  for (int64_t i = 0; i < tokens; ++i) {
    double total = 0;
    for (int64_t j = 0; j <= i; ++j) {
      double product = 0;
      for (int64_t f = 0; f < size; ++f) product += feature(0, i, f) * feature(1, j, f);
      total += weights[i][j] = std::exp(product / std::sqrt(static_cast<double>(size)));
    }
    for (double& weight : weights[i]) weight /= total;
  }
  return weights;
}

TEST(ForwardRecordTest, WeightsAreThePlainSoftmax) {
  const at::NoGradGuard no_grad;
  const ModelConfig config = ConfigWith(Reference(), "positions { table: NO_TABLE }");
  Parameters parameters(/*seed=*/3);
  const Attention attention("block.layers.0.attention", config, Initialiser(config), &parameters);
  const int64_t tokens = 7, size = config.hidden_size() / config.attention().heads();
  const at::Tensor x = at::arange(tokens * config.hidden_size(), at::kFloat).mul(2.7).sin().view({1, tokens, -1}) * 3;
  AttentionContext context;
  context.row_scale = at::ones({tokens});
  const at::Tensor bias = attention.Bias(context);
  const AttentionPlan plan = {AttentionPlan::kWhole, AttentionPlan::kShared};
  ForwardRecord record;
  {
    const RecordForward recording(&record);
    attention.Forward(x, {context, plan, bias, nullptr, nullptr, 0});
  }
  ASSERT_EQ(record.attention.size(), 1u);
  const at::Tensor in_weight = parameters.Find("block.layers.0.attention.in.weight")->tensor;
  for (int64_t h = 0; h < config.attention().heads(); ++h) {
    const std::vector<std::vector<double>> plain = PlainWeights(x[0], in_weight, h, size);
    for (int64_t i = 0; i < tokens; ++i) {
      for (int64_t j = 0; j < tokens; ++j) {
        EXPECT_NEAR(record.attention[0][0][h][i][j].item<double>(), plain[i][j], 1e-5) << h << " " << i << " " << j;
      }
    }
  }
}

// The largest, as a share of the largest number: random parameters make large ones.
double Difference(const at::Tensor& got, const at::Tensor& expected) {
  return (got - expected).abs().max().item<double>() / expected.abs().max().item<double>();
}

class RecordedModelTest : public ::testing::TestWithParam<NamedModel> {};

// Every call and recurrence is there, and what the model says is what it says without a record.
TEST_P(RecordedModelTest, GivesTheSameLogits) {
  const at::NoGradGuard no_grad;
  const std::unique_ptr<Model> model = WithRandomParameters(GetParam().config, 1);
  ModelInput input;
  input.ids = at::arange(9, at::kLong).add(7).view({1, 9});
  const at::Tensor expected = model->Forward(input);
  ForwardRecord record;
  at::Tensor logits;
  {
    const RecordForward recording(&record);
    logits = model->Forward(input);
  }
  EXPECT_LE(Difference(logits, expected), 1e-4);
  EXPECT_EQ(CurrentRecord(), nullptr);
  ASSERT_FALSE(record.states.empty());
  EXPECT_EQ(record.attention.size(), record.states.size() * model->config().layers());
  for (const at::Tensor& weights : record.attention) {
    ASSERT_EQ(weights.sizes(), at::IntArrayRef({1, model->config().attention().heads(), 9, 9}));
    EXPECT_TRUE(at::allclose(weights.sum(-1), at::ones({1, weights.size(1), 9})));
    EXPECT_EQ(weights.triu(1).abs().max().item<float>(), 0);
  }
  EXPECT_LE(Difference(model->Logits(record.states.back()), expected), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Every, RecordedModelTest, ::testing::ValuesIn(EveryModelConfig()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tally

// The model against laws that every configuration obeys, and attention against its formula written out.
#include "lib/model/model.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "lib/base/exit_code.h"
#include "lib/model/attention.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

ModelConfig Recipe() {
  ModelConfig config;
  config.set_hidden_size(16);
  config.mutable_attention()->set_heads(2);
  return config;
}

ModelConfig Reference() {
  ModelConfig config = Recipe();
  config.set_layers(2);
  config.set_norm_scheme(ModelConfig::POST);
  config.set_initial_state(ModelConfig::EMBED);
  config.set_head(ModelConfig::FFN);
  config.set_output_adapter(true);
  config.set_initialisation(ModelConfig::DEEPNORM_STRAIGHT);
  config.mutable_positions()->set_table(PositionConfig::ABACUS);
  config.mutable_attention()->set_relative_clip(0);
  config.mutable_attention()->set_unit_norm(false);
  config.mutable_attention()->set_log_position(false);
  return config;
}

// A model whose parameters are far from their initial values: a recipe's residual branches begin at zero.
std::unique_ptr<Model> Shaken(const ModelConfig& config) {
  std::unique_ptr<Model> model = *Model::Create(config, 1);
  const at::NoGradGuard no_grad;
  for (const Parameter& parameter : model->parameters().entries()) {
    parameter.tensor.add_(at::randn(parameter.tensor.sizes()), 0.3);
  }
  return model;
}

// Rows of random digits, operators and `=`, [batch, seq].
at::Tensor RandomIds(int64_t batch, int64_t seq) { return at::randint(0, 19, {batch, seq}, at::kLong); }

at::Tensor Logits(const Model& model, const at::Tensor& ids) {
  ModelInput input;
  input.ids = ids;
  return model.Forward(input).detach();
}

double LargestDifference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

// The same as a share of the largest number, for values of any size.
double RelativeDifference(const at::Tensor& a, const at::Tensor& b) {
  return LargestDifference(a, b) / b.abs().max().item<double>();
}

class EveryModel : public ::testing::TestWithParam<ModelConfig (*)()> {
 protected:
  void SetUp() override {
    at::manual_seed(20261124);
    model_ = Shaken(GetParam()());
  }
  std::unique_ptr<Model> model_;
};

TEST_P(EveryModel, IsCausal) {
  const at::Tensor ids = RandomIds(2, 20);
  at::Tensor changed = ids.clone();
  changed.narrow(1, 12, 8).copy_(RandomIds(2, 8));
  const at::Tensor a = Logits(*model_, ids), b = Logits(*model_, changed);
  EXPECT_EQ(LargestDifference(a.narrow(1, 0, 12), b.narrow(1, 0, 12)), 0);
  EXPECT_GT(LargestDifference(a.narrow(1, 12, 8), b.narrow(1, 12, 8)), 1e-3);
}

TEST_P(EveryModel, RowsDoNotDependOnTheirBatchNorOnPadding) {
  const at::Tensor ids = RandomIds(3, 15);
  const at::Tensor padded = at::cat({ids, at::zeros({3, 6}, at::kLong)}, 1);
  const at::Tensor together = Logits(*model_, padded);
  for (int64_t b = 0; b < 3; ++b) {
    EXPECT_LE(RelativeDifference(together[b].narrow(0, 0, 15), Logits(*model_, ids.narrow(0, b, 1))[0]), 1e-5);
  }
}

TEST_P(EveryModel, ChosenRowsEqualThoseOfAllLogits) {
  ModelInput input;
  input.ids = RandomIds(3, 9);
  input.rows = at::tensor({2, 8, 9, 26}, at::kLong);
  const at::Tensor all = Logits(*model_, input.ids).view({27, 19});
  EXPECT_LE(RelativeDifference(model_->Forward(input), all.index_select(0, input.rows)), 1e-5);
}

// Without gradient, attention goes through queries in chunks of 256.
TEST_P(EveryModel, LongSequencesEqualWithAndWithoutGradient) {
  const at::Tensor ids = RandomIds(2, 600);
  const at::Tensor with = Logits(*model_, ids);
  const at::NoGradGuard no_grad;
  EXPECT_LE(RelativeDifference(Logits(*model_, ids), with), 1e-5);
}

TEST_P(EveryModel, UntrackedPassesGiveTheSameLogitsAndOtherGradients) {
  ModelInput input;
  input.ids = RandomIds(2, 9);
  const at::Tensor weight = model_->parameters().entries()[model_->parameters().entries().size() / 2].tensor;
  const auto gradient = [&](int64_t untracked) {
    input.untracked = untracked;
    weight.mutable_grad() = at::Tensor();
    const at::Tensor logits = model_->Forward(input);
    logits.square().sum().backward();
    EXPECT_LE(RelativeDifference(logits, Logits(*model_, input.ids)), 1e-5);
    return weight.grad().clone();
  };
  const at::Tensor all = gradient(0), last = gradient(2);
  EXPECT_GT(LargestDifference(all, last), 1e-3 * all.abs().max().item<double>());
}

TEST_P(EveryModel, ReplicaSharesParametersButNotGradients) {
  const std::unique_ptr<Model> replica = model_->Replica();
  const at::Tensor ids = RandomIds(1, 7);
  Logits(*replica, ids);
  ModelInput input;
  input.ids = ids;
  replica->Forward(input).sum().backward();
  for (size_t i = 0; i < model_->parameters().entries().size(); ++i) {
    EXPECT_FALSE(model_->parameters().entries()[i].tensor.grad().defined());
  }
  const at::NoGradGuard no_grad;
  model_->parameters().entries()[0].tensor.add_(1);
  EXPECT_EQ(LargestDifference(Logits(*replica, ids), Logits(*model_, ids)), 0);
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel, ::testing::Values(&Recipe, &Reference),
                         [](const auto& info) { return info.index == 0 ? "Recipe" : "Reference"; });

// The formula of attention.h, one query, head and sequence at a time. x [S, H] -> [S, H].
at::Tensor AttentionByFormula(const Parameters& p, const ModelConfig& config, const at::Tensor& x,
                              const at::Tensor& coupled_ids) {
  const AttentionConfig& a = config.attention();
  const int64_t seq = x.size(0), hidden = x.size(1), size = hidden / a.heads(), clip = a.relative_clip();
  const at::Tensor qkv = at::linear(x, p.Find("l.attn.in_proj_weight")->tensor);
  const at::Tensor out = at::empty({seq, hidden});
  for (int64_t h = 0; h < a.heads(); ++h) {
    for (int64_t i = 0; i < seq; ++i) {
      const double position = a.log_position() ? std::log(i + 2.0) : 1;
      at::Tensor q = qkv[i].narrow(0, h * size, size);
      if (a.unit_norm()) q = q / q.norm();
      at::Tensor logits = at::empty({i + 1});
      for (int64_t j = 0; j <= i; ++j) {
        at::Tensor k = qkv[j].narrow(0, hidden + h * size, size);
        if (a.unit_norm()) k = k / k.norm();
        double logit = at::dot(q, k).item<double>();
        logit *= a.unit_norm() ? std::exp(p.Find("l.log_temperature")->tensor[h].item<double>())
                               : 1 / std::sqrt(static_cast<double>(size));
        if (clip > 0) {
          const int64_t difference = (coupled_ids[i] - coupled_ids[j]).item<int64_t>();
          logit +=
              p.Find("l.relative_bias")->tensor[h][std::clamp<int64_t>(difference, -clip, clip) + clip].item<double>();
        }
        logits[j] = logit * position;
      }
      const at::Tensor values = qkv.narrow(0, 0, i + 1).narrow(1, 2 * hidden + h * size, size);
      out[i].narrow(0, h * size, size).copy_(logits.softmax(0).unsqueeze(0).mm(values)[0]);
    }
  }
  return at::linear(out, p.Find("l.attn.out_proj.weight")->tensor);
}

TEST(AttentionTest, EqualsItsFormula) {
  at::manual_seed(1);
  const at::NoGradGuard no_grad;
  for (ModelConfig (*make)() : {&Recipe, &Reference}) {
    const ModelConfig config = make();
    Parameters parameters(/*seed=*/3);
    const Attention attention("l", config, Initialiser(config), &parameters);
    for (const Parameter& parameter : parameters.entries()) parameter.tensor.add_(at::randn(parameter.tensor.sizes()));
    const at::Tensor x = at::randn({2, 11, 16});
    AttentionContext context;
    context.coupled_ids = at::randint(0, 9, {2, 11}, at::kLong);
    context.row_scale = at::zeros({11});
    for (int64_t i = 0; i < 11; ++i) context.row_scale[i] = config.attention().log_position() ? std::log(i + 2.0) : 1.0;
    for (const at::Tensor& bias : {at::Tensor(), attention.Bias(context)}) {
      const at::Tensor y = attention.Forward(x, context, bias);
      for (int64_t b = 0; b < 2; ++b) {
        EXPECT_LE(RelativeDifference(y[b], AttentionByFormula(parameters, config, x[b], context.coupled_ids[b])), 1e-5);
      }
    }
  }
}

TEST(ModelTest, DefaultIsTheRecipeOf43936Parameters) {
  EXPECT_EQ((*Model::Create(ModelConfig(), 0))->parameters().count(), 43936);
}

TEST(ModelTest, ParametersArePureFunctionsOfTheSeed) {
  const auto a = *Model::Create(Reference(), 5), b = *Model::Create(Reference(), 5), c = *Model::Create(Reference(), 6);
  for (size_t i = 0; i < a->parameters().entries().size(); ++i) {
    const Parameter& parameter = a->parameters().entries()[i];
    EXPECT_TRUE(parameter.tensor.equal(b->parameters().entries()[i].tensor)) << parameter.name;
    const bool constant = absl::StrContains(parameter.name, "norm.") || absl::EndsWith(parameter.name, "norm.weight") ||
                          absl::EndsWith(parameter.name, "norm.bias");
    EXPECT_EQ(parameter.tensor.equal(c->parameters().entries()[i].tensor), constant) << parameter.name;
  }
}

TEST(ModelTest, DeepNormStandardDeviations) {
  ModelConfig config = Reference();
  config.set_hidden_size(128);
  config.set_recurrences(4);
  const auto model = *Model::Create(config, 1);
  const double gain = std::pow(8.0 * 2 * 4, -0.25);
  const std::string layer = "encoder.recurrent_block._orig_mod.layers.0.";
  const auto deviation = [&](const std::string& name) {
    return model->parameters().Find(name)->tensor.std(/*unbiased=*/false).item<double>();
  };
  const auto rows = [&](int64_t part) {
    return model->parameters()
        .Find(layer + "attn.attn.in_proj_weight")
        ->tensor.narrow(0, part * 128, 128)
        .std(/*unbiased=*/false)
        .item<double>();
  };
  const double square = std::sqrt(2.0 / 256);
  EXPECT_NEAR(rows(0) / square, 1, 0.03);
  EXPECT_NEAR(rows(1) / square, 1, 0.03);
  EXPECT_NEAR(rows(2) / (gain * square), 1, 0.03);
  EXPECT_NEAR(deviation(layer + "attn.attn.out_proj.weight") / (gain * square), 1, 0.03);
  EXPECT_NEAR(deviation(layer + "ffn.dense_in.weight") / (gain * std::sqrt(2.0 / (128 + 512))), 1, 0.03);
  EXPECT_NEAR(deviation("encoder.embedding.word_embedding.weight") * std::sqrt(128.0), 1, 0.05);
}

TEST(ModelTest, InitialStatesDependOnSampleAndPositionOnly) {
  const auto model = *Model::Create(Reference(), 1);
  const at::Tensor longer = model->InitialState(9, {4, 7}, 30);
  EXPECT_TRUE(model->InitialState(9, {7}, 12)[0].equal(longer[1].narrow(0, 0, 12)));
  EXPECT_GT(LargestDifference(longer[0], longer[1]), 0.01);
  EXPECT_NEAR(longer.std(/*unbiased=*/false).item<double>(), 0.02, 0.002);
  EXPECT_FALSE((*Model::Create(Recipe(), 1))->InitialState(9, {4}, 3).defined());
}

TEST(ModelTest, NumbersLongerThanTheTableAreRefused) {
  const auto model = *Model::Create(Reference(), 1);
  EXPECT_TRUE(model->CheckLength(511).ok());
  EXPECT_THAT(model->CheckLength(512).ToString(), HasSubstr("rows for at most 511"));
  EXPECT_TRUE((*Model::Create(Recipe(), 1))->CheckLength(1 << 20).ok());
}

TEST(ModelTest, SenselessConfigurationsAreRefusedByName) {
  const std::vector<std::pair<std::string, std::function<void(ModelConfig*)>>> cases = {
      {"vocabulary_size is 0", [](ModelConfig* c) { c->set_vocabulary_size(0); }},
      {"hidden_size is -4", [](ModelConfig* c) { c->set_hidden_size(-4); }},
      {"layers is 0", [](ModelConfig* c) { c->set_layers(0); }},
      {"recurrences is 0", [](ModelConfig* c) { c->set_recurrences(0); }},
      {"heads is 3", [](ModelConfig* c) { c->mutable_attention()->set_heads(3); }},
      {"intermediate_size is 7", [](ModelConfig* c) { c->set_intermediate_size(7); }},
      {"relative_clip is -1", [](ModelConfig* c) { c->mutable_attention()->set_relative_clip(-1); }},
      {"backprop_recurrences is 4", [](ModelConfig* c) { c->set_backprop_recurrences(4); }},
      {"norm_epsilon is nan", [](ModelConfig* c) { c->set_norm_epsilon(std::nan("")); }},
      {"max_offset is 512",
       [](ModelConfig* c) {
         c->mutable_positions()->set_table(PositionConfig::ABACUS);
         c->mutable_positions()->set_max_offset(512);
       }},
  };
  for (const auto& [message, spoil] : cases) {
    ModelConfig config = Recipe();
    spoil(&config);
    const absl::Status status = ValidateModelConfig(config);
    EXPECT_EQ(ExitCodeOf(status), kExitUsage) << message;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
}

}  // namespace
}  // namespace tally

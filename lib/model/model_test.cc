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
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/kernels/recompute/tensor_memory_for_test.h"
#include "lib/model/attention/attention.h"
#include "lib/model/draws.h"
#include "lib/model/models_for_test.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

// Random tokens behind a question, "1x23=": models whose recurrences grow with its digits read it.
at::Tensor RandomIds(int64_t batch, int64_t seq) {
  const at::Tensor ids = at::randint(0, 19, {batch, seq}, at::kLong);
  const int64_t question[] = {5, 16, 6, 7, 17};
  for (int64_t t = 0; t < std::min<int64_t>(seq, 5); ++t) ids.select(1, t).fill_(question[t]);
  return ids;
}

// Ids with the random choices of an evaluation; row b is sample b.
ModelInput InputOf(const Model& model, const at::Tensor& ids) {
  ModelInput input;
  input.ids = ids;
  std::vector<uint64_t> samples(ids.size(0));
  std::iota(samples.begin(), samples.end(), 0);
  DrawForEvaluation(model.config(), /*seed=*/6, samples, std::vector<int64_t>(ids.size(0), 650), &input);
  return input;
}

at::Tensor Logits(const Model& model, const at::Tensor& ids) { return model.Forward(InputOf(model, ids)).detach(); }

double LargestDifference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

// The same as a share of the largest number, for values of any size.
double RelativeDifference(const at::Tensor& a, const at::Tensor& b) {
  return LargestDifference(a, b) / b.abs().max().item<double>();
}

// Models with random parameters amplify rounding.
constexpr double kRounding = 1e-3;

class EveryModel : public ::testing::TestWithParam<NamedModel> {
 protected:
  void SetUp() override {
    at::manual_seed(20261124);
    model_ = WithRandomParameters(GetParam().config, /*seed=*/1);
  }
  std::unique_ptr<Model> model_;
};

TEST_P(EveryModel, IsCausal) {
  const at::Tensor ids = RandomIds(2, 20);
  at::Tensor changed = ids.clone();
  changed.narrow(1, 12, 8).copy_(RandomIds(2, 20).narrow(1, 12, 8));
  const at::Tensor a = Logits(*model_, ids), b = Logits(*model_, changed);
  EXPECT_EQ(LargestDifference(a.narrow(1, 0, 12), b.narrow(1, 0, 12)), 0);
  EXPECT_GT(LargestDifference(a.narrow(1, 12, 8), b.narrow(1, 12, 8)), 1e-3);
}

TEST_P(EveryModel, RowsDoNotDependOnTheirBatchNorOnPadding) {
  const at::Tensor ids = RandomIds(3, 15);
  const at::Tensor padded = at::cat({ids, at::zeros({3, 6}, at::kLong)}, 1);
  const at::Tensor together = Logits(*model_, padded);
  for (int64_t b = 0; b < 3; ++b) {
    ModelInput alone = InputOf(*model_, ids);
    for (at::Tensor* part : {&alone.ids, &alone.initial_state, &alone.table_positions}) {
      if (part->defined()) *part = part->narrow(0, b, 1);
    }
    EXPECT_LE(RelativeDifference(together[b].narrow(0, 0, 15), model_->Forward(alone)[0]), kRounding);
  }
}

// The gradients of all parameters, one after another, by the loss that sums the squares of `logits`.
at::Tensor Gradients(const Model& model, const at::Tensor& logits) {
  for (const Parameter& parameter : model.parameters().entries()) parameter.tensor.mutable_grad() = at::Tensor();
  logits.square().sum().backward({}, /*retain_graph=*/true);
  std::vector<at::Tensor> gradients;
  for (const Parameter& parameter : model.parameters().entries()) {
    if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad().flatten().clone());
  }
  return at::cat(gradients);
}

// Only the chosen rows go through the last layer of the last recurrence. The rows of the last choice are few and far
// from the ends of their sequences, those of the first are in one sequence.
TEST_P(EveryModel, ChosenRowsEqualThoseOfAllLogitsAndSoDoTheirGradients) {
  const at::Tensor ids = RandomIds(3, 9);
  const at::Tensor all = model_->Forward(InputOf(*model_, ids)).view({27, 19});
  for (const std::vector<int64_t>& rows : {std::vector<int64_t>{12, 17}, {2, 8, 9, 26}, {3, 4, 13, 22}}) {
    ModelInput input = InputOf(*model_, ids);
    input.rows = at::tensor(rows, at::kLong);
    const at::Tensor chosen = model_->Forward(input), expected = all.index_select(0, input.rows);
    EXPECT_LE(RelativeDifference(chosen, expected), kRounding);
    EXPECT_LE(RelativeDifference(Gradients(*model_, chosen), Gradients(*model_, expected)), kRounding);
    const at::NoGradGuard no_grad;
    EXPECT_LE(RelativeDifference(model_->Forward(input), expected), kRounding);
  }
}

TEST_P(EveryModel, LogitsAfterEachOfSomeRecurrencesEqualThoseOfFewer) {
  const at::NoGradGuard no_grad;
  ModelInput input = InputOf(*model_, RandomIds(3, 9));
  const std::vector<int64_t> recurrences = {1, 2, 4};
  for (const at::Tensor& rows : {at::Tensor(), at::tensor({2, 8, 9, 26}, at::kLong)}) {
    input.rows = rows;
    const std::vector<at::Tensor> after = model_->ForwardAfter(input, recurrences);
    ASSERT_EQ(after.size(), recurrences.size());
    for (size_t i = 0; i < recurrences.size(); ++i) {
      input.recurrences = recurrences[i];
      EXPECT_LE(RelativeDifference(after[i], model_->Forward(input)), kRounding) << recurrences[i];
    }
  }
}

// Without gradient, attention goes through queries in chunks, and each chunk block by block. In some of these models
// long sequences amplify rounding tenfold.
TEST_P(EveryModel, LongSequencesEqualWithAndWithoutGradient) {
  const at::Tensor ids = RandomIds(2, 300);
  const at::Tensor with = Logits(*model_, ids);
  const at::NoGradGuard no_grad;
  EXPECT_LE(RelativeDifference(Logits(*model_, ids), with), 10 * kRounding);
}

TEST_P(EveryModel, UntrackedRecurrencesGiveTheSameLogitsAndOtherGradients) {
  ModelInput input = InputOf(*model_, RandomIds(2, 9));
  const auto& entries = model_->parameters().entries();
  const at::Tensor weight = std::find_if(entries.begin(), entries.end(), [](const Parameter& p) {
                              return absl::StrContains(p.name, "feed_forward.out.weight");
                            })->tensor;
  const auto gradient = [&](int64_t untracked) {
    input.untracked = untracked;
    weight.mutable_grad() = at::Tensor();
    const at::Tensor logits = model_->Forward(input);
    logits.square().sum().backward();
    EXPECT_LE(RelativeDifference(logits, Logits(*model_, input.ids)), kRounding);
    return weight.grad().clone();
  };
  const at::Tensor all = gradient(0), last = gradient(2);
  // No gradient goes through a choice of values: the last recurrence has all of it.
  const bool choice = GetParam().config.state().handed_on() == StateConfig::ARGMAX;
  EXPECT_EQ(LargestDifference(all, last) > 1e-3 * all.abs().max().item<double>(), !choice);
}

TEST_P(EveryModel, ActivationsThatAreComputedAgainGiveEqualLogitsAndGradients) {
  ModelInput input = InputOf(*model_, RandomIds(3, 9));
  input.rows = at::tensor({2, 8, 9, 26}, at::kLong);
  input.untracked = 1;
  const at::Tensor kept = model_->Forward(input), gradients = Gradients(*model_, kept);
  model_->set_recompute(Recompute::kRecurrence);
  const at::Tensor recurrences = model_->Forward(input);
  EXPECT_TRUE(recurrences.equal(kept));
  EXPECT_LE(RelativeDifference(Gradients(*model_, recurrences), gradients), kRounding);
  EXPECT_TRUE(model_->Replica()->Forward(input).equal(kept));
  model_->set_recompute(Recompute::kLayer);
  const at::Tensor layers = model_->Forward(input);
  EXPECT_LE(RelativeDifference(layers, kept), kRounding);
  EXPECT_LE(RelativeDifference(Gradients(*model_, layers), gradients), kRounding);
}

TEST_P(EveryModel, ReplicaSharesParametersButNotGradients) {
  const std::unique_ptr<Model> replica = model_->Replica();
  const at::Tensor ids = RandomIds(1, 7);
  Logits(*replica, ids);
  replica->Forward(InputOf(*replica, ids)).sum().backward();
  for (size_t i = 0; i < model_->parameters().entries().size(); ++i) {
    EXPECT_FALSE(model_->parameters().entries()[i].tensor.grad().defined());
  }
  const at::NoGradGuard no_grad;
  model_->parameters().entries()[0].tensor.add_(1);
  EXPECT_EQ(LargestDifference(Logits(*replica, ids), Logits(*model_, ids)), 0);
}

// Token by token with the keys and values of those before.
TEST_P(EveryModel, CachedTokensEqualOnePassOverAll) {
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(2, 12);
  const at::Tensor all = Logits(*model_, ids);
  KeyValueCache cache;
  int64_t done = 0;
  for (const int64_t tokens : {5, 1, 1, 4, 1}) {
    ModelInput input = InputOf(*model_, ids.narrow(1, 0, done + tokens));
    input.cache = &cache;
    EXPECT_LE(RelativeDifference(model_->Forward(input), all.narrow(1, done, tokens)), kRounding) << done;
    done += tokens;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel, ::testing::ValuesIn(EveryModelConfig()),
                         [](const auto& info) { return info.param.name; });

// The formula of attention.h, one query, head and sequence at a time. x [S, H] -> [S, H].
at::Tensor AttentionByFormula(const Parameters& p, const ModelConfig& config, const at::Tensor& x,
                              const at::Tensor& coupled_ids) {
  const AttentionConfig& a = config.attention();
  const int64_t seq = x.size(0), hidden = x.size(1), size = hidden / a.heads(), clip = a.relative_clip();
  const at::Tensor qkv = at::linear(x, p.Find("layer.attention.in.weight")->tensor);
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
        logit *= a.unit_norm() ? std::exp(p.Find("layer.attention.log_temperature")->tensor[h].item<double>())
                               : 1 / std::sqrt(static_cast<double>(size));
        if (clip > 0) {
          const int64_t difference = (coupled_ids[i] - coupled_ids[j]).item<int64_t>();
          logit += p.Find("layer.attention.relative_bias")
                       ->tensor[h][std::clamp<int64_t>(difference, -clip, clip) + clip]
                       .item<double>();
        }
        logits[j] = logit * position;
      }
      const at::Tensor values = qkv.narrow(0, 0, i + 1).narrow(1, 2 * hidden + h * size, size);
      out[i].narrow(0, h * size, size).copy_(logits.softmax(0).unsqueeze(0).mm(values)[0]);
    }
  }
  return at::linear(out, p.Find("layer.attention.out.weight")->tensor);
}

TEST(AttentionTest, EqualsItsFormula) {
  at::manual_seed(1);
  const at::NoGradGuard no_grad;
  for (ModelConfig (*make)() : {&Recipe, &Reference}) {
    const ModelConfig config = make();
    Parameters parameters(/*seed=*/3);
    const Attention attention("layer.attention", config, Initialiser(config), &parameters);
    for (const Parameter& parameter : parameters.entries()) parameter.tensor.add_(at::randn(parameter.tensor.sizes()));
    const at::Tensor x = at::randn({2, 11, 16});
    AttentionContext context;
    context.ids = at::randint(0, 9, {2, 11}, at::kLong);
    context.row_scale = at::zeros({11});
    for (int64_t i = 0; i < 11; ++i) context.row_scale[i] = config.attention().log_position() ? std::log(i + 2.0) : 1.0;
    using Plan = AttentionPlan;
    for (const Plan& plan : {Plan{Plan::kSelfAttention, Plan::kLookup}, Plan{Plan::kCausalAttention, Plan::kLookup},
                             Plan{Plan::kSelfAttention, Plan::kShared}, Plan{Plan::kCausalAttention, Plan::kShared},
                             Plan{Plan::kWhole, Plan::kShared}, Plan{Plan::kChunks, Plan::kShared},
                             Plan{Plan::kChunks, Plan::kEachChunk}, Plan{Plan::kFusedChunks, Plan::kEachChunk}}) {
      SCOPED_TRACE(plan.DebugString());
      const at::Tensor bias = plan.terms == Plan::kShared ? attention.Bias(context) : at::Tensor();
      const at::Tensor y = attention.Forward(x, {context, plan, bias, nullptr, nullptr, /*number=*/0});
      for (int64_t b = 0; b < 2; ++b) {
        EXPECT_LE(RelativeDifference(y[b], AttentionByFormula(parameters, config, x[b], context.ids[b])), kRounding);
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

TEST(ModelTest, ActivationsThatAreComputedAgainNeedLessMemory) {
  const auto bytes = [](Recompute recompute) {
    const std::unique_ptr<Model> model = WithRandomParameters(ConfigWith(Recipe(), "recurrences: 8"), 1);
    model->set_recompute(recompute);
    const ModelInput input = InputOf(*model, RandomIds(16, 30));
    return MostTensorBytes([&] { model->Forward(input).sum().backward(); });
  };
  const int64_t kept = bytes(Recompute::kNone), layers = bytes(Recompute::kLayer);
  EXPECT_LT(layers, kept / 2);
  EXPECT_LT(bytes(Recompute::kRecurrence), kept / 2);
}

TEST(ModelTest, NumbersLongerThanTheTableAreRefused) {
  const auto model = *Model::Create(Reference(), 1);
  EXPECT_TRUE(model->CheckLength(/*digits=*/511, /*tokens=*/9999, /*offset=*/0).ok());
  EXPECT_THAT(model->CheckLength(512, 9999, 0).ToString(), HasSubstr("table of 513 rows; the model's has 512"));
  EXPECT_FALSE(model->CheckLength(500, 9999, 12).ok());
  const auto learned = *Model::Create(ConfigWith(Reference(), "positions { table: LEARNED }"), 1);
  EXPECT_TRUE(learned->CheckLength(9999, 512, 7).ok());
  EXPECT_FALSE(learned->CheckLength(1, 513, 0).ok());
  EXPECT_TRUE((*Model::Create(Recipe(), 1))->CheckLength(1 << 20, 1 << 22, 0).ok());
}

TEST(ModelTest, OffsetsShiftDigitTablesAndLogitFactorTheAttention) {
  const at::NoGradGuard no_grad;
  const auto model = WithRandomParameters(Reference(), 1);
  ModelInput input = InputOf(*model, RandomIds(2, 8));
  const at::Tensor plain = model->Forward(input);
  input.table_offsets = at::tensor({0, 5}, at::kLong);
  const at::Tensor shifted = model->Forward(input);
  EXPECT_LE(RelativeDifference(shifted[0], plain[0]), kRounding);
  EXPECT_GT(LargestDifference(shifted[1], plain[1]), 1e-3);
  input.table_offsets = at::Tensor();
  input.logit_factor = 1.5;
  EXPECT_GT(LargestDifference(model->Forward(input), plain), 1e-3);
}

// 4 (log(i + 2) / 4)^power.
TEST(ModelTest, LogPowerZeroIsTheConstantFour) {
  const at::NoGradGuard no_grad;
  const auto model = WithRandomParameters(ConfigWith(Recipe(), "attention { log_power: 0 }"), 1);
  const auto constant = WithRandomParameters(ConfigWith(Recipe(), "attention { log_position: false }"), 1);
  ModelInput input = InputOf(*model, RandomIds(2, 30));
  const at::Tensor logits = model->Forward(input);
  input.logit_factor = 4;
  EXPECT_LE(RelativeDifference(constant->Forward(input), logits), kRounding);
  for (const char* power : {"0.5", "1"}) {
    const auto other =
        WithRandomParameters(ConfigWith(Recipe(), absl::StrCat("attention { log_power: ", power, " }")), 1);
    EXPECT_GT(LargestDifference(Logits(*other, input.ids), logits), 1e-3) << power;
  }
}

// A far bias is what the table has at its ends: adding it there gives the same logits.
TEST(ModelTest, FarBiasRaisesTheEndsOfTheTable) {
  const at::NoGradGuard no_grad;
  const auto model = WithRandomParameters(Recipe(), 1);
  ModelInput input = InputOf(*model, RandomIds(2, 30));
  const at::Tensor plain = model->Forward(input);
  input.far_bias = 0.7;
  const at::Tensor raised = model->Forward(input);
  EXPECT_GT(LargestDifference(raised, plain), 1e-3);
  for (const Parameter& parameter : model->parameters().entries()) {
    if (parameter.name.find("relative_bias") == std::string::npos) continue;
    parameter.tensor.select(1, 0).add_(0.7);
    parameter.tensor.select(1, -1).add_(0.7);
  }
  input.far_bias = 0;
  EXPECT_LE(RelativeDifference(model->Forward(input), raised), kRounding);
}

// Of a number with its least significant digit first, digit 9 sees digit 8 and, unless attention is local, digit 0.
TEST(ModelTest, LocalAttentionSeesNearKeysAlone) {
  const at::Tensor ids = at::tensor({5, 6, 7, 8, 9, 5, 6, 7, 8, 9, 5, 16, 5, 17}, at::kLong).unsqueeze(0);
  for (const bool local : {false, true}) {
    ModelConfig config = ConfigWith(Recipe(), "recurrences: 1 attention { relative_clip: 3 }");
    config.mutable_attention()->set_local(local);
    const std::unique_ptr<Model> model = WithRandomParameters(config, 1);
    const at::NoGradGuard no_grad;
    const auto change_at_9 = [&](int64_t changed) {
      const at::Tensor others = ids.clone();
      others[0][changed] = 12;
      return LargestDifference(Logits(*model, others)[0][9], Logits(*model, ids)[0][9]);
    };
    EXPECT_GT(change_at_9(8), 1e-3) << local;
    EXPECT_GT(change_at_9(7), 1e-3) << local;  // ids that differ by 2, less than the clip
    for (const int64_t far : {0, 6}) {
      if (local) {
        EXPECT_EQ(change_at_9(far), 0);
      } else {
        EXPECT_GT(change_at_9(far), 1e-4);
      }
    }
  }
}

TEST(ModelTest, RecurrencesGrowWithTheLongestOperand) {
  const at::NoGradGuard no_grad;
  const auto growing = WithRandomParameters(ConfigWith(Recipe(), "recurrences: 2 recurrences_per_digit: 0.5"), 1);
  // The longest operand has three digits: 2 + 1 recurrences; four: 2 + 2.
  for (const auto& [text, recurrences] : {std::pair("123+4=", 3), {"1+4444=", 4}}) {
    std::vector<uint8_t> encoded;
    ASSERT_TRUE(Vocabulary::Arithmetic().Encode(text, &encoded).ok());
    const at::Tensor ids = at::empty({1, static_cast<int64_t>(encoded.size())}, at::kLong);
    std::copy(encoded.begin(), encoded.end(), ids.data_ptr<int64_t>());
    ModelConfig fixed_config = Recipe();
    fixed_config.set_recurrences(recurrences);
    const auto fixed = *Model::Create(fixed_config, 1);
    for (size_t i = 0; i < fixed->parameters().entries().size(); ++i) {
      fixed->parameters().entries()[i].tensor.copy_(growing->parameters().entries()[i].tensor);
    }
    EXPECT_LE(RelativeDifference(Logits(*growing, ids), Logits(*fixed, ids)), kRounding) << text;
  }
}

}  // namespace
}  // namespace tally

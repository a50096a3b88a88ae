// Tally's models against values recorded with the reference: logits, losses, gradients, greedy decoding. One line for
// each recorded model at the end of the file, none left out.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/model_tensors.h"
#include "lib/model/model.h"
#include "lib/train/loss.h"
#include "tests/parity/recorded.h"

namespace tally {
namespace {

constexpr double kLogits = 2e-5;    // absolute
constexpr double kLosses = 1e-5;    // relative
constexpr double kGradient = 1e-4;  // of a tensor's largest entry
constexpr double kRounding = 1e-8;  // beside it: FIRE's last bias has a true gradient of 0

class Parity : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    absl::StatusOr<LoadedModel> loaded = LoadModel(RecordedFolder(GetParam()));
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    model_ = std::move(loaded->model);
    recorded_ = std::make_unique<Recorded>(GetParam());
    input_.ids = recorded_->Get("input_ids");
    input_.initial_state = recorded_->Get("initial_state");
    input_.table_positions = recorded_->Get("learned_rand_positions");
    input_.attention_positions = recorded_->Get("fire_train_positions");
  }

  // The loss with the first `untracked` recurrences without gradient; leaves gradients.
  double Backward(LossConfig::Reduction reduction, int64_t untracked) {
    const Batch batch = RecordedBatch(input_.ids, recorded_->Get("labels"));
    LossConfig config;
    config.set_reduction(reduction);
    ModelInput input = input_;
    input.untracked = untracked;
    for (const Parameter& parameter : model_->parameters().entries()) parameter.tensor.mutable_grad() = at::Tensor();
    // The recorded model reads the whole rows, their last column too.
    const at::Tensor all = model_->Forward(input).narrow(1, 0, batch.length);
    const at::Tensor logits = all.reshape({-1, all.size(2)}).index_select(0, ToTensor(batch.label_positions));
    const at::Tensor weight = ToTensor(LabelWeights(config, batch));
    const at::Tensor loss = WeightedLoss(config, logits, ToTensor(batch.labels), weight);
    loss.backward();
    return loss.item<double>();
  }

  void ExpectLoss(double loss, const std::string& name) {
    const double expected = recorded_->Get(name).item<double>();
    EXPECT_NEAR(loss / expected, 1, kLosses) << name;
  }

  // Recorded gradients called `prefix`NAME. Returns how many.
  int CheckGradients(const std::string& prefix) {
    const std::map<std::string, std::string> names = NamesInFiles(*model_);
    int checked = 0;
    for (const auto& [name, view] : recorded_->tensors()) {
      if (!absl::StartsWith(name, prefix)) continue;
      const auto known = names.find(std::string(absl::StripPrefix(name, prefix)));
      EXPECT_NE(known, names.end()) << name;
      if (known == names.end()) continue;
      const Parameter* const parameter = model_->parameters().Find(known->second);
      const at::Tensor expected = recorded_->Get(name);
      EXPECT_LE(Difference(parameter->tensor.grad(), expected),
                kGradient * expected.abs().max().item<double>() + kRounding)
          << name;
      ++checked;
    }
    return checked;
  }

  std::unique_ptr<Model> model_;
  std::unique_ptr<Recorded> recorded_;
  ModelInput input_;
};

TEST_P(Parity, LogitsAtEveryRecordedRecurrenceCount) {
  const at::NoGradGuard no_grad;
  EXPECT_LE(Difference(model_->Forward(input_), recorded_->Get("logits")), kLogits);
  int others = 0;
  for (const auto& [name, view] : recorded_->tensors()) {
    absl::string_view count = name;
    int64_t recurrences = 0;
    if (!absl::ConsumePrefix(&count, "logits_r") || !absl::SimpleAtoi(count, &recurrences)) continue;
    ModelInput input = input_;
    input.recurrences = recurrences;
    EXPECT_LE(Difference(model_->Forward(input), recorded_->Get(name)), kLogits) << name;
    ++others;
  }
  EXPECT_GE(others, 1);
}

TEST_P(Parity, LogitsWithTheTrainingOffsetSeven) {
  if (!recorded_->Has("logits_abacus_k7")) GTEST_SKIP() << "recorded for three models only";
  const at::NoGradGuard no_grad;
  ModelInput input = input_;
  input.table_offsets = ToTensor(std::vector<int64_t>{7});
  EXPECT_LE(Difference(model_->Forward(input), recorded_->Get("logits_abacus_k7")), kLogits);
}

TEST_P(Parity, EmbeddingAndFinalState) {
  const at::NoGradGuard no_grad;
  EXPECT_LE(Difference(model_->Embed(input_), recorded_->Get("embedding_out")), kLogits);
  EXPECT_LE(Difference(model_->State(input_), recorded_->Get("final_state")), kLogits);
}

TEST_P(Parity, LossesAndGradients) {
  ExpectLoss(Backward(LossConfig::POSITION_EQUAL, /*untracked=*/0), "loss_none");
  ExpectLoss(Backward(LossConfig::TOKEN_EQUAL, /*untracked=*/0), "loss_mean");
  EXPECT_GE(CheckGradients("grad."), 5);
}

TEST_P(Parity, TruncatedBackPropagation) {
  if (!recorded_->Has("loss_tbptt")) GTEST_SKIP() << "recorded for some models only";
  const int64_t recurrences = model_->config().recurrences();
  ExpectLoss(Backward(LossConfig::TOKEN_EQUAL, recurrences - std::max<int64_t>(recurrences / 2, 1)), "loss_tbptt");
  EXPECT_GE(CheckGradients("grad_tbptt."), 1);
}

TEST_P(Parity, GreedyDecoding) {
  if (!recorded_->Has("gen_ids")) GTEST_SKIP() << "recorded for some models only";
  const at::NoGradGuard no_grad;
  ModelInput input;
  input.ids = recorded_->Get("gen_prompt");
  const at::Tensor ids = recorded_->Get("gen_ids"), logits = recorded_->Get("gen_logits");
  const at::Tensor state = recorded_->Get("gen_state");
  for (int64_t t = 0; t < ids.size(1); ++t) {
    if (state.defined()) input.initial_state = state.narrow(1, 0, input.ids.size(1));
    const at::Tensor last = model_->Forward(input).select(1, input.ids.size(1) - 1);
    EXPECT_LE(Difference(last, logits.select(1, t)), kLogits) << "token " << t;
    EXPECT_TRUE(last.argmax(-1).equal(ids.select(1, t))) << "token " << t;
    input.ids = at::cat({input.ids, ids.narrow(1, t, 1)}, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Parity,
                         ::testing::Values("biases",                //
                                           "factorised",            //
                                           "factorised_tied",       //
                                           "ff_abacus",             //
                                           "ff_ii_abacus",          //
                                           "ff_ii_fire_abacus",     //
                                           "head_identity",         //
                                           "head_linear",           //
                                           "index_hints",           //
                                           "inject_ffn",            //
                                           "inject_linear",         //
                                           "inject_none",           //
                                           "lt_abacus",             //
                                           "lt_abacus_2x3",         //
                                           "lt_abacus_rope",        //
                                           "lt_fire",               //
                                           "lt_fire_abacus",        //
                                           "lt_fire_rand",          //
                                           "lt_learned",            //
                                           "lt_learned_rand",       //
                                           "lt_nope",               //
                                           "lt_rope",               //
                                           "lt_scaled_sinusoidal",  //
                                           "lt_sinusoidal",         //
                                           "nonlin_relu",           //
                                           "norm_deepnorm",         //
                                           "norm_pre",              //
                                           "norm_rms",              //
                                           "norm_sandwich",         //
                                           "norm_scalenorm",        //
                                           "norm_shaped",           //
                                           "norm_simple",           //
                                           "sort_abacus",           //
                                           "sub_norm"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tally

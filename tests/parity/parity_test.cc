// Tally's models against values recorded with the reference (tests/parity/models/README.md): logits, losses, gradients,
// greedy decoding, and a short training run.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/model.h"
#include "lib/safetensors/safetensors.h"
#include "lib/train/optimizer.h"

namespace tally {
namespace {

std::string Folder(const std::string& name) { return absl::StrCat("tests/parity/models/", name); }

// The recorded tensors of one folder.
class Recorded {
 public:
  explicit Recorded(const std::string& name) : file_(*SafetensorsFile::Open(Folder(name) + "/io.safetensors")) {}

  bool Has(const std::string& name) const { return file_->tensors().count(name) > 0; }

  at::Tensor Get(const std::string& name) const {
    const TensorView& view = file_->tensors().at(name);
    const at::ScalarType type = view.dtype == DType::kF32   ? at::kFloat
                                : view.dtype == DType::kF64 ? at::kDouble
                                                            : at::kLong;
    // Bytes in the file need not be aligned.
    const at::Tensor copy = at::empty(view.shape, type);
    std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
    return copy;
  }

  const std::map<std::string, TensorView>& tensors() const { return file_->tensors(); }

 private:
  std::unique_ptr<SafetensorsFile> file_;
};

// Flattened positions of the counted labels [B, S-1] within [B, S], and these labels.
std::pair<at::Tensor, at::Tensor> CountedRows(const at::Tensor& labels) {
  std::vector<int64_t> rows, values;
  for (int64_t b = 0; b < labels.size(0); ++b) {
    for (int64_t t = 0; t < labels.size(1); ++t) {
      const int64_t label = labels[b][t].item<int64_t>();
      if (label < 0) continue;
      rows.push_back(b * (labels.size(1) + 1) + t);
      values.push_back(label);
    }
  }
  const auto tensor = [](const std::vector<int64_t>& v) {
    return at::from_blob(const_cast<int64_t*>(v.data()), {static_cast<int64_t>(v.size())}, at::kLong).clone();
  };
  return {tensor(rows), tensor(values)};
}

double LargestDifference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

class Parity : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    absl::StatusOr<LoadedModel> loaded = LoadModel(Folder(GetParam()));
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    model_ = std::move(loaded->model);
    recorded_ = std::make_unique<Recorded>(GetParam());
    input_.ids = recorded_->Get("input_ids");
    input_.initial_state = recorded_->Get("initial_state");
  }

  // Loss over the counted labels with the first `untracked` passes without gradient; leaves gradients.
  double Backward(int64_t untracked) {
    const auto [rows, labels] = CountedRows(recorded_->Get("labels"));
    ModelInput input = input_;
    input.rows = rows;
    input.untracked = untracked;
    for (const Parameter& parameter : model_->parameters().entries()) parameter.tensor.mutable_grad() = at::Tensor();
    const at::Tensor loss = at::cross_entropy_loss(model_->Forward(input), labels);
    loss.backward();
    return loss.item<double>();
  }

  // Recorded gradients called `prefix`NAME, each within 1e-4 of its largest entry.
  int CheckGradients(const std::string& prefix) {
    int checked = 0;
    for (const auto& [name, view] : recorded_->tensors()) {
      if (!absl::StartsWith(name, prefix)) continue;
      const std::string parameter_name(absl::StripPrefix(name, prefix));
      const Parameter* const parameter = model_->parameters().Find(parameter_name);
      EXPECT_NE(parameter, nullptr) << name;
      const at::Tensor expected = recorded_->Get(name);
      EXPECT_LE(LargestDifference(parameter->tensor.grad(), expected), 1e-4 * expected.abs().max().item<double>())
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
  EXPECT_LE(LargestDifference(model_->Forward(input_), recorded_->Get("logits")), 1e-5);
  int others = 0;
  for (const auto& [name, view] : recorded_->tensors()) {
    absl::string_view count = name;
    int64_t recurrences = 0;
    if (!absl::ConsumePrefix(&count, "logits_r") || !absl::SimpleAtoi(count, &recurrences)) continue;
    ModelInput input = input_;
    input.recurrences = recurrences;
    EXPECT_LE(LargestDifference(model_->Forward(input), recorded_->Get(name)), 1e-5) << name;
    ++others;
  }
  EXPECT_GE(others, 1);
}

TEST_P(Parity, EmbeddingAndFinalState) {
  const at::NoGradGuard no_grad;
  EXPECT_LE(LargestDifference(model_->Embed(input_.ids, 0), recorded_->Get("embedding_out")), 1e-5);
  EXPECT_LE(LargestDifference(model_->State(input_), recorded_->Get("final_state")), 1e-5);
}

TEST_P(Parity, LossAndGradients) {
  EXPECT_NEAR(Backward(/*untracked=*/0), recorded_->Get("loss_mean").item<double>(), 1e-5);
  EXPECT_GE(CheckGradients("grad."), 10);
}

TEST_P(Parity, TruncatedBackPropagation) {
  if (!recorded_->Has("loss_tbptt")) GTEST_SKIP() << "not recorded: the model makes one pass only";
  const int64_t recurrences = model_->config().recurrences();
  EXPECT_NEAR(Backward(recurrences - std::max<int64_t>(recurrences / 2, 1)),
              recorded_->Get("loss_tbptt").item<double>(), 1e-5);
  EXPECT_GE(CheckGradients("grad_tbptt."), 1);
}

TEST_P(Parity, GreedyDecoding) {
  const at::NoGradGuard no_grad;
  ModelInput input;
  input.ids = recorded_->Get("gen_prompt");
  const at::Tensor ids = recorded_->Get("gen_ids"), logits = recorded_->Get("gen_logits");
  for (int64_t t = 0; t < ids.size(1); ++t) {
    input.initial_state = recorded_->Get("gen_state").narrow(1, 0, input.ids.size(1));
    const at::Tensor last = model_->Forward(input).select(1, input.ids.size(1) - 1);
    EXPECT_LE(LargestDifference(last, logits.select(1, t)), 1e-5) << "token " << t;
    EXPECT_TRUE(last.argmax(-1).equal(ids.select(1, t))) << "token " << t;
    input.ids = at::cat({input.ids, ids.narrow(1, t, 1)}, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Parity, ::testing::Values("lt_abacus", "lt_abacus_2x3", "ff_abacus"),
                         [](const auto& info) { return info.param; });

TEST(ParityOffset, LogitsWithTheTrainingOffsetSeven) {
  const at::NoGradGuard no_grad;
  const LoadedModel loaded = *LoadModel(Folder("lt_abacus"));
  const Recorded recorded("lt_abacus");
  ModelInput input;
  input.ids = recorded.Get("input_ids");
  input.initial_state = recorded.Get("initial_state");
  input.position_offset = 7;
  EXPECT_LE(LargestDifference(loaded.model->Forward(input), recorded.Get("logits_abacus_k7")), 1e-5);
}

// Three AdamW updates of two microbatches each, every random draw recorded.
TEST(ParityTraining, LossesAndParametersOfAShortRun) {
  LoadedModel loaded = *LoadModel(Folder("train_lt_abacus"));
  const Recorded recorded("train_lt_abacus");
  OptimizerConfig config;
  config.set_muon(false);
  config.set_learning_rate(1);
  config.set_epsilon(1e-12);
  Optimizer optimizer(config, loaded.model->parameters());
  const at::Tensor ids = recorded.Get("input_ids"), states = recorded.Get("initial_states");
  const at::Tensor lr = recorded.Get("lr");
  for (int64_t update = 0; update < 3; ++update) {
    for (const Parameter& parameter : loaded.model->parameters().entries()) {
      parameter.tensor.mutable_grad() = at::Tensor();
    }
    for (int64_t batch = 2 * update; batch < 2 * update + 2; ++batch) {
      ModelInput input;
      input.ids = ids[batch];
      input.initial_state = states[batch][0];
      input.position_offset = recorded.Get("abacus_k")[batch][0].item<int64_t>();
      // The progressive term alone (alpha = 1): n passes without gradient, then k with.
      const at::Tensor n_k = recorded.Get("n_k")[batch];
      input.untracked = n_k[0].item<int64_t>();
      input.recurrences = input.untracked + n_k[1].item<int64_t>();
      // Counted: what follows `=`, apart from PAD.
      at::Tensor labels = input.ids.narrow(1, 1, ids.size(2) - 1).clone();
      const at::Tensor after_equals = input.ids.eq(loaded.card.vocabulary.equals_id()).cumsum(1);
      labels.masked_fill_(after_equals.narrow(1, 0, ids.size(2) - 1).eq(0).logical_or(labels.eq(kPadId)), -100);
      const auto [rows, values] = CountedRows(labels);
      input.rows = rows;
      const at::Tensor loss = at::cross_entropy_loss(loaded.model->Forward(input), values);
      EXPECT_NEAR(loss.item<double>(), recorded.Get("losses")[batch].item<double>(), 1e-5) << "microbatch " << batch;
      (loss / 2).backward();
    }
    const double norm = ClipGradients(loaded.model->parameters(), 0.5);
    EXPECT_NEAR(norm, recorded.Get("grad_norms")[update].item<double>(), 1e-4) << "update " << update;
    optimizer.Step(lr[update].item<double>());
  }
  int checked = 0;
  for (const Parameter& parameter : loaded.model->parameters().entries()) {
    const at::Tensor expected = recorded.Get("param_after_3." + parameter.name);
    EXPECT_LE(LargestDifference(parameter.tensor, expected), 1e-6) << parameter.name;
    ++checked;
  }
  EXPECT_GE(checked, 15);
}

}  // namespace
}  // namespace tally

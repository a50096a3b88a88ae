// Short training runs recorded with the reference, every random draw with them: three AdamW updates of two microbatches
// each.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/reference_names.h"
#include "lib/model/model.h"
#include "lib/optim/gradient_scale.h"
#include "lib/optim/optimizer.h"
#include "lib/train/loss.h"
#include "tests/parity/recorded.h"

namespace tally {
namespace {

struct Run {
  const char* folder;
  LossConfig loss;
};

LossConfig Progressive() {
  LossConfig config;
  config.set_progressive_alpha(1);
  return config;
}

LossConfig Mixed() {
  LossConfig config;
  config.set_progressive_alpha(0.3);
  config.set_throttle(true);
  config.set_reduction(LossConfig::POSITION_EQUAL);
  return config;
}

class TrainingParity : public ::testing::TestWithParam<Run> {
 protected:
  TrainingParity()
      : loaded_(*LoadModel(RecordedFolder(GetParam().folder))), recorded_(GetParam().folder), loss_(GetParam().loss) {}

  // Adds the gradient of microbatch `number`, weighted by 1/2, and returns its loss.
  double Backward(int64_t number) {
    const at::Tensor ids = recorded_.Get("input_ids")[number];
    const int64_t seq = ids.size(1);
    // Counted: what follows `=`, apart from PAD.
    at::Tensor labels = ids.narrow(1, 1, seq - 1).clone();
    const at::Tensor after_equals = ids.eq(loaded_.card.data.vocabulary.equals_id()).cumsum(1);
    labels.masked_fill_(after_equals.narrow(1, 0, seq - 1).eq(0).logical_or(labels.eq(kPadId)), -100);
    const Batch batch = RecordedBatch(ids, labels);
    const at::Tensor weight = ToTensor(LabelWeights(loss_, batch));

    double sum = 0;
    const std::vector<LossTerm> terms = Terms(number);
    for (size_t t = 0; t < terms.size(); ++t) {
      ModelInput input;
      input.ids = ids;
      input.initial_state = recorded_.Get("initial_states")[number][t];
      input.table_offsets = recorded_.Get("abacus_k")[number].narrow(0, t, 1);
      input.untracked = terms[t].untracked;
      input.recurrences = terms[t].recurrences;
      const at::Tensor all = loaded_.model->Forward(input).narrow(1, 0, batch.length);
      const at::Tensor logits = all.reshape({-1, all.size(2)}).index_select(0, ToTensor(batch.label_positions));
      const at::Tensor loss = WeightedLoss(loss_, logits, ToTensor(batch.labels), weight) * terms[t].weight;
      (loss / 2).backward();
      sum += loss.item<double>();
    }
    return sum;
  }

  // The terms as Tally makes them, with the recorded draws of the progressive one.
  std::vector<LossTerm> Terms(int64_t number) {
    std::vector<LossTerm> terms = LossTerms(loss_, loaded_.model->config(), /*seed=*/0, /*step=*/0);
    const at::Tensor n_k = recorded_.Get("n_k")[number];
    terms.back().untracked = n_k[0].item<int64_t>();
    terms.back().recurrences = terms.back().untracked + n_k[1].item<int64_t>();
    return terms;
  }

  LoadedModel loaded_;
  const Recorded recorded_;
  const LossConfig loss_;
};

// FIRE's biases have gradients that are rounding noise, which AdamW with an epsilon of 1e-12 makes steps of full size.
bool IsNoise(const std::string& name) {
  return absl::EndsWith(name, "fire.in.bias") || absl::EndsWith(name, "fire.out.bias");
}

TEST_P(TrainingParity, LossesNormsAndParameters) {
  OptimizerConfig config;
  config.set_kind(OptimizerConfig::ADAMW);
  config.set_learning_rate(1);
  config.set_epsilon(1e-12);
  config.set_clip_norm(0.5);
  const std::vector<Parameter>& parameters = loaded_.model->parameters().entries();
  Optimizer optimizer(config, loaded_.model->parameters(), /*seed=*/0);
  for (int64_t update = 0; update < 3; ++update) {
    for (const Parameter& parameter : parameters) parameter.tensor.mutable_grad() = at::Tensor();
    for (int64_t number = 2 * update; number < 2 * update + 2; ++number) {
      const double expected = recorded_.Get("losses")[number].item<double>();
      EXPECT_NEAR(Backward(number) / expected, 1, 1e-5) << "microbatch " << number;
    }
    const double norm = ClipGradients(loaded_.model->parameters(), config);
    EXPECT_NEAR(norm, recorded_.Get("grad_norms")[update].item<double>(), 1e-4) << "update " << update;
    optimizer.Step(recorded_.Get("lr")[update].item<double>(), [] {});
    if (update == 1) continue;
    int checked = 0;
    for (const Parameter& parameter : parameters) {
      if (!parameter.trained || IsNoise(parameter.name)) continue;
      const at::Tensor expected = recorded_.Get(
          absl::StrCat("param_after_", update + 1, ".", ReferenceName(loaded_.model->config(), parameter.name)));
      ASSERT_TRUE(expected.defined()) << parameter.name;
      EXPECT_LE(Difference(parameter.tensor, expected), 1e-6) << parameter.name << " after update " << update + 1;
      ++checked;
    }
    EXPECT_GE(checked, 15);
  }
}

INSTANTIATE_TEST_SUITE_P(Runs, TrainingParity,
                         ::testing::Values(Run{"train_lt_abacus", Progressive()},
                                           Run{"train_lt_fire_abacus_mixed", Mixed()}),
                         [](const auto& info) { return std::string(info.param.folder); });

}  // namespace
}  // namespace tally

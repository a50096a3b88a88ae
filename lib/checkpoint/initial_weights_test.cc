#include "lib/checkpoint/initial_weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/models_for_test.h"

namespace tally {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class InitialWeightsTest : public ::testing::Test {
 protected:
  // A run with a model of `config` that reads `vocabulary`; its model.
  std::unique_ptr<Model> Save(ModelConfig config, const Vocabulary& vocabulary) {
    run_ = absl::StrCat(::testing::TempDir(), "/source");
    std::filesystem::remove_all(run_);
    ModelCard card;
    config.set_vocabulary_size(vocabulary.size());
    card.config = config;
    card.data = {{{ProblemFormat(), {1, 20}, {2, 18}}}, vocabulary};
    card.step = 7;
    auto model = WithRandomParameters(config, 1);
    EXPECT_TRUE(SaveCheckpoint(run_, card, *model, {}, {}).ok());
    return model;
  }

  std::unique_ptr<Model> New(ModelConfig config, const Vocabulary& vocabulary) {
    config.set_vocabulary_size(vocabulary.size());
    return *Model::Create(config, /*seed=*/2);
  }

  static const at::Tensor& Of(const Model& model, const std::string& name) {
    return model.parameters().Find(name)->tensor;
  }

  std::string run_;
  const Vocabulary pad_ = Vocabulary::Arithmetic();
};

TEST_F(InitialWeightsTest, AnEqualModelIsCopied) {
  const auto source = Save(Recipe(), pad_);
  const auto model = New(Recipe(), pad_);
  const absl::StatusOr<InitialWeights> weights = InitialiseFrom(run_, pad_, model.get());
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(weights->copied.size(), source->parameters().entries().size());
  EXPECT_THAT(weights->fresh, IsEmpty());
  EXPECT_THAT(weights->left_out, IsEmpty());
  EXPECT_EQ(weights->step, 7);
  EXPECT_EQ(weights->hash.size(), 16);
  for (const Parameter& p : source->parameters().entries()) EXPECT_TRUE(at::equal(Of(*model, p.name), p.tensor));
}

TEST_F(InitialWeightsTest, RowsOfTokensFollowTheirText) {
  const Vocabulary tasks = *Vocabulary::ByName("all");
  const auto source = Save(ConfigWith(Recipe(), "output_bias: true"), pad_);
  const auto model = New(ConfigWith(Recipe(), "output_bias: true"), tasks);
  const at::Tensor before = Of(*model, "embedding.words").clone();
  const InitialWeights weights = *InitialiseFrom(run_, tasks, model.get());
  EXPECT_EQ(weights.by_token.size(), 3u);
  EXPECT_EQ(weights.by_token[0], absl::StrCat("embedding.words, 19 of ", tasks.size(), " tokens"));
  int64_t found = 0;
  for (int64_t to = 0; to < tasks.size(); ++to) {
    int64_t from = -1;
    for (int64_t id = 0; id < pad_.size(); ++id) from = pad_.TokenText(id) == tasks.TokenText(to) ? id : from;
    if (from < 0) {
      EXPECT_TRUE(at::equal(Of(*model, "embedding.words")[to], before[to])) << to;
      continue;
    }
    ++found;
    for (const char* name : {"embedding.words", "head.output.weight", "head.output.bias"}) {
      EXPECT_TRUE(at::equal(Of(*model, name)[to], Of(*source, name)[from])) << name << " " << to;
    }
  }
  EXPECT_EQ(found, 19);
}

TEST_F(InitialWeightsTest, WhatDoesNotFitKeepsItsOwnInitialiserAndIsNamed) {
  Save(ConfigWith(Recipe(), "attention { relative_clip: 3 } linear_bias: true"), pad_);
  const ModelConfig config = ConfigWith(Recipe(), "layers: 2 attention { relative_clip: 2 }");
  const auto model = New(config, pad_), untouched = New(config, pad_);
  const InitialWeights weights = *InitialiseFrom(run_, pad_, model.get());
  const std::string bias = "block.layers.0.attention.relative_bias";
  EXPECT_THAT(weights.fresh, Contains(bias));
  EXPECT_THAT(weights.fresh, Contains(HasSubstr("layers.1.")));
  EXPECT_THAT(weights.left_out, Contains(bias));
  EXPECT_THAT(weights.left_out, Contains(HasSubstr("bias")));
  for (const std::string& name : weights.fresh) EXPECT_TRUE(at::equal(Of(*model, name), Of(*untouched, name))) << name;
  EXPECT_THAT(weights.Text(), HasSubstr(absl::StrCat("new      ", bias, "\n")));
  EXPECT_THAT(weights.Text(), HasSubstr(absl::StrCat("left out ", bias, "\n")));
}

TEST_F(InitialWeightsTest, NothingThatFitsIsRefused) {
  Save(Recipe(), pad_);
  // Other widths everywhere; a temperature of each head would still fit.
  const auto model = New(ConfigWith(Recipe(), "hidden_size: 24 attention { heads: 3 relative_clip: 1 }"), pad_);
  const absl::Status status = InitialiseFrom(run_, pad_, model.get()).status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no parameter has the name and shape"));
  EXPECT_EQ(ExitCodeOf(InitialiseFrom("/nonexistent", pad_, model.get()).status()), kExitMissingInput);
}

}  // namespace
}  // namespace tally

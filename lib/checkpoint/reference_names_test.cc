#include "lib/checkpoint/reference_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/model_tensors.h"
#include "lib/model/model.h"
#include "lib/model/models_for_test.h"

namespace tally {
namespace {

class ReferenceNames : public ::testing::TestWithParam<NamedModel> {
 protected:
  std::unique_ptr<Model> model_ = *Model::Create(GetParam().config, /*seed=*/0);
};

// Names in model.safetensors as they were when parameters had the reference's: lines "MODEL NAME".
TEST_P(ReferenceNames, AreThoseOfOlderCheckpoints) {
  const std::string text = *ReadFile("lib/checkpoint/testdata/parameters_by_old_names.txt");
  std::vector<std::string> expected;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == GetParam().name) expected.push_back(words[1]);
  }
  std::vector<std::string> found;
  for (const auto& [name, parameter] : NamesInFiles(*model_)) found.push_back(name);
  EXPECT_FALSE(expected.empty());
  EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(expected));
}

// Which parameters Muon took and weight decay left out was read off the reference's names once: runs continue alike.
TEST_P(ReferenceNames, RolesGroupParametersAsNamesOnceDid) {
  for (const Parameter& parameter : model_->parameters().entries()) {
    const std::string name = ReferenceName(GetParam().config, parameter.name);
    if (!parameter.trained) continue;
    const bool matrix = parameter.tensor.dim() == 2 && absl::StrContains(name, "recurrent_block") &&
                        !absl::EndsWith(name, "_bias") && !absl::StrContains(name, "rotary_emb");
    const bool decayed = !absl::StrContains(name, "norm") && !absl::StrContains(name, "bias");
    EXPECT_EQ(parameter.role == ParameterRole::kHiddenMatrix, matrix) << name;
    EXPECT_EQ(parameter.decayed, decayed) << name;
  }
}

TEST_P(ReferenceNames, DoNotStandInTheModel) {
  for (const Parameter& parameter : model_->parameters().entries()) {
    for (const char* word : {"encoder", "_orig_mod", "proj", "ffn", "dense", "attn", "residual1", "rotary_emb"}) {
      EXPECT_FALSE(absl::StrContains(parameter.name, word)) << parameter.name;
    }
  }
}

// What training keeps for parameters goes into files and back.
TEST_P(ReferenceNames, OfTrainingStateComeBack) {
  std::map<std::string, TensorView> state = {{"optimizer.steps", {}}};
  for (const Parameter& parameter : model_->parameters().entries()) {
    state["adamw.mean." + parameter.name] = {};
    state["weights." + parameter.name] = {};
  }
  const std::map<std::string, TensorView> in_file = UnderNamesInFiles(*model_, state);
  EXPECT_EQ(in_file.count("optimizer.steps"), 1u);
  EXPECT_EQ(in_file.count("adamw.mean.encoder.embedding.word_embedding.weight"), 1u);
  const std::string path = ::testing::TempDir() + "/trainer_" + GetParam().name + ".safetensors";
  std::map<std::string, TensorView> numbers;
  const std::string bytes(4, '\0');
  for (const auto& [name, view] : in_file) numbers[name] = {DType::kF32, {}, bytes};
  ASSERT_TRUE(WriteSafetensors(path, numbers, {}).ok());
  const auto file = *SafetensorsFile::Open(path);
  UseParameterNames(*model_, file.get());
  for (const auto& [name, view] : state) EXPECT_EQ(file->tensors().count(name), 1u) << name;
  EXPECT_EQ(file->tensors().size(), state.size());
}

INSTANTIATE_TEST_SUITE_P(Models, ReferenceNames, ::testing::ValuesIn(EveryModelConfig()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(WithBlockCompiledTest, PrefixesAndNumbers) {
  EXPECT_EQ(WithBlockCompiled("module.decoder.weight"), "decoder.weight");
  EXPECT_EQ(WithBlockCompiled("module.encoder.recurrent_block.layers.0.x"),
            "encoder.recurrent_block._orig_mod.layers.0.x");
  EXPECT_EQ(WithBlockCompiled("encoder.recurrent_blocks.12.layers.0.x"),
            "encoder.recurrent_blocks.12._orig_mod.layers.0.x");
  EXPECT_EQ(WithBlockCompiled("encoder.recurrent_block._orig_mod.adapter.weight"),
            "encoder.recurrent_block._orig_mod.adapter.weight");
}

}  // namespace
}  // namespace tally

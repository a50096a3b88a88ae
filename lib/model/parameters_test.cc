#include "lib/model/parameters.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(ParametersTest, WeightDecayLeavesNormsAndBiasesOut) {
  EXPECT_FALSE(IsDecayed(ParameterRole::kNorm));
  EXPECT_FALSE(IsDecayed(ParameterRole::kBias));
  for (const ParameterRole role :
       {ParameterRole::kHiddenMatrix, ParameterRole::kMatrix, ParameterRole::kEmbedding, ParameterRole::kScalar}) {
    EXPECT_TRUE(IsDecayed(role));
  }
}

TEST(ParametersTest, EntriesKeepOrderRoleAndStorage) {
  Parameters parameters(/*seed=*/1);
  const at::Tensor matrix = parameters.Add("matrix", ParameterRole::kHiddenMatrix, {2, 3}, Init::Normal(1));
  parameters.Add("bias", ParameterRole::kBias, {3}, Init::Constant(2));
  parameters.AddConstant("constant", 5);
  ASSERT_EQ(parameters.entries().size(), 3u);
  const Parameter& first = parameters.entries()[0];
  EXPECT_EQ(first.name, "matrix");
  EXPECT_EQ(first.role, ParameterRole::kHiddenMatrix);
  EXPECT_EQ(first.tensor.const_data_ptr(), matrix.const_data_ptr());
  EXPECT_TRUE(first.tensor.requires_grad());
  EXPECT_FALSE(parameters.entries()[1].decayed);
  EXPECT_FALSE(parameters.entries()[2].trained);
  EXPECT_EQ(parameters.count(), 9);
}

TEST(ParametersTest, AnAliasIsTheSameTensor) {
  Parameters parameters(/*seed=*/1);
  const at::Tensor words = parameters.Add("words", ParameterRole::kEmbedding, {2, 3}, Init::Normal(1));
  EXPECT_EQ(parameters.AddAlias("output", "words").const_data_ptr(), words.const_data_ptr());
  EXPECT_EQ(parameters.Find("output"), nullptr);
  EXPECT_EQ(parameters.aliases().at("output"), "words");
}

// The rows of several parts are drawn from their own distributions.
TEST(ParametersTest, PartsHaveTheirOwnDistributions) {
  Parameters parameters(/*seed=*/1);
  const at::Tensor rows =
      parameters.Add("rows", ParameterRole::kMatrix, {3, 2}, {Init::Constant(1), Init::Constant(2), Init::Constant(3)});
  for (int64_t i = 0; i < 3; ++i) EXPECT_TRUE(rows[i].eq(i + 1).all().item<bool>());
}

}  // namespace
}  // namespace tally

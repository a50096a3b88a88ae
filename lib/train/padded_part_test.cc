#include "lib/train/padded_part.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

// 3 sequences of 5 tokens; the tokens before labels are 3 and 4, 2 to 4, and 4.
Batch SomeBatch() {
  Batch batch;
  batch.sequences = 3;
  batch.length = 5;
  for (int64_t i = 0; i < 15; ++i) batch.ids.push_back(20 + i);
  batch.label_positions = {3, 4, 7, 8, 9, 14};
  batch.labels = {40, 41, 42, 43, 44, 45};
  return batch;
}

const std::vector<float> kWeights = {.1f, .2f, .3f, .4f, .5f, .6f};

TEST(PadPartTest, TokensKeepTheirSequencesAndPlaces) {
  const PaddedPart part = PadPart(SomeBatch(), /*first=*/1, /*sequences=*/2, kWeights, /*lengthen=*/true);
  EXPECT_EQ(part.ids.sizes(), at::IntArrayRef({2, 8}));
  EXPECT_TRUE(part.ids[0].equal(at::tensor({25, 26, 27, 28, 29, 0, 0, 0}, at::kLong)));
  EXPECT_TRUE(part.ids[1].equal(at::tensor({30, 31, 32, 33, 34, 0, 0, 0}, at::kLong)));
  EXPECT_TRUE(part.sequences.equal(at::tensor({0, 0, 0, 2, 2, 2, 2, 2, 1, 2, 2, 2}, at::kLong)));
  const at::Tensor real = part.sequences.lt(2).nonzero().squeeze(1);
  EXPECT_TRUE(part.rows.index_select(0, real).equal(at::tensor({2, 3, 4, 12}, at::kLong)));
  EXPECT_TRUE(part.labels.index_select(0, real).equal(at::tensor({42, 43, 44, 45}, at::kLong)));
  EXPECT_TRUE(part.weights.index_select(0, real).equal(at::tensor({.3f, .4f, .5f, .6f})));
}

// From token 2 of their sequences on, where labels begin, there are 12 tokens.
TEST(PadPartTest, FurtherTokensWeighNothing) {
  const PaddedPart part = PadPart(SomeBatch(), 1, 2, kWeights, true);
  EXPECT_TRUE(part.rows.equal(at::tensor({2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15}, at::kLong)));
  EXPECT_EQ(part.labels.ne(0).sum().item<int64_t>(), 4);
  EXPECT_NEAR(part.weights.sum().item<double>(), 1.8, 1e-6);
}

TEST(PadPartTest, AsFewTokensAsAMultipleOfTheSequences) {
  Batch batch = SomeBatch();
  batch.length = 15;
  batch.sequences = 1;
  const PaddedPart part = PadPart(batch, 0, 1, kWeights, true);  // of 13 tokens from token 3 on all are taken
  EXPECT_EQ(part.rows.size(0), 13);
  batch.label_positions = {0};
  batch.labels = {40};
  EXPECT_EQ(PadPart(batch, 0, 1, kWeights, true).rows.size(0), 16);
}

TEST(PadPartTest, LengthsStayWhereRandomChoicesDependOnThem) {
  const PaddedPart part = PadPart(SomeBatch(), 0, 3, kWeights, /*lengthen=*/false);
  EXPECT_EQ(part.ids.sizes(), at::IntArrayRef({3, 5}));
  EXPECT_TRUE(part.rows.equal(at::tensor({2, 3, 4, 7, 8, 9, 12, 13, 14}, at::kLong)));
}

}  // namespace
}  // namespace tally

// Schemes from one file each, this one: registered, checked, drawn for and used by a model.
#include "lib/model/positions/registry.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"
#include "lib/model/draws.h"
#include "lib/model/model.h"
#include "lib/model/models_for_test.h"
#include "lib/model/positions/logit_bias.h"
#include "lib/model/positions/position_table.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

// One vector, times 1 + the offset, for every token.
class DummyTable : public PositionTable {
 public:
  DummyTable(int64_t width, const Initialiser& initialiser, Parameters* parameters)
      : vector_(parameters->Add("embedding.positions.dummy", ParameterRole::kEmbedding, {width},
                                initialiser.Table(width))) {}

  at::Tensor Rows(const at::Tensor& ids, const TableContext& context) const override {
    const int64_t offset = context.offsets.defined() ? context.offsets.item<int64_t>() : 0;
    return at::full({1, ids.size(1) - context.begin, 1}, 1 + offset, at::kLong);
  }

  at::Tensor Vectors(const at::Tensor& rows) const override { return vector_ * rows; }

  int64_t RowsNeeded(int64_t digits, int64_t /*tokens*/, int64_t /*offset*/) const override { return 100 * digits; }

 private:
  const at::Tensor vector_;
};

const TableScheme kDummyTable = {
    .table = PositionConfig::LEARNED,
    .make = [](int64_t width, const ModelConfig&, const Initialiser& initialiser, Parameters* parameters)
        -> std::unique_ptr<PositionTable> { return std::make_unique<DummyTable>(width, initialiser, parameters); },
    .check = [](const ModelConfig& config) { return RefuseModelIf(config.hidden_size() == 17, "dummies shun 17"); },
    .draws_offset = true};

// Each token reads itself alone.
class DummyBias : public LogitBias {
 public:
  at::Tensor Bias(const AttentionContext& /*context*/, int64_t begin, int64_t end) const override {
    const at::Tensor others = at::ones({end - begin, end}).triu(begin).tril(begin).eq(0);
    return (at::zeros({end - begin, end}).masked_fill(others, -1e9) + CausalMask(begin, end, at::kCPU))
        .unsqueeze(0)
        .unsqueeze(0);
  }
};

const AttentionScheme kDummyAttention = {
    .position = AttentionConfig::ALIBI,
    .make_bias = [](const std::string&, const ModelConfig&, const Initialiser&,
                    Parameters*) -> std::unique_ptr<LogitBias> { return std::make_unique<DummyBias>(); }};

ModelConfig TableConfig() { return ConfigWith(Reference(), "positions { table: LEARNED }"); }

ModelInput InputOf(const ModelConfig& config) {
  ModelInput input;
  input.ids = at::ones({1, 5}, at::kLong) * 4;
  DrawForTraining(config, /*seed=*/3, /*step=*/0, {0}, &input);
  return input;
}

TEST(RegistryTest, ADummyTableIsTheModels) {
  const ScopedTable dummy(kDummyTable);
  const auto model = *Model::Create(TableConfig(), 1);
  ASSERT_NE(model->parameters().Find("embedding.positions.dummy"), nullptr);
  EXPECT_FALSE(model->CheckLength(/*digits=*/6, /*tokens=*/1, /*offset=*/0).ok());
  EXPECT_TRUE(model->CheckLength(5, 999, 0).ok());
  ModelInput input = InputOf(TableConfig());
  ASSERT_TRUE(input.table_offsets.defined());
  const at::NoGradGuard no_grad;
  const at::Tensor before = model->Forward(input);
  model->parameters()
      .Find("embedding.positions.dummy")
      ->tensor[0]
      .add_(3);  // a norm would not see the same added to all
  EXPECT_GT((model->Forward(input) - before).abs().max().item<double>(), 1e-4);
}

TEST(RegistryTest, ADummyTableIsCheckedAndGoesWithItsScope) {
  ModelConfig config = TableConfig();
  config.set_hidden_size(17);
  config.mutable_attention()->set_heads(1);
  {
    const ScopedTable dummy(kDummyTable);
    const absl::Status status = Model::Create(config, 1).status();
    EXPECT_EQ(ExitCodeOf(status), kExitUsage);
    EXPECT_THAT(std::string(status.message()), HasSubstr("model.dummies shun 17"));
  }
  EXPECT_TRUE(Model::Create(config, 1).ok());
}

// A model whose tokens read themselves alone gives equal logits to equal tokens.
TEST(RegistryTest, ADummyAttentionIsTheModels) {
  ModelConfig config = ConfigWith(Reference(), "attention { position: ALIBI } positions { table: NO_TABLE }");
  config.set_initial_state(ModelConfig::ZERO);
  const auto spread = [&] {
    ModelInput input = InputOf(config);
    input.ids[0][0] = 7;
    const at::NoGradGuard no_grad;
    const at::Tensor logits = WithRandomParameters(config, 1)->Forward(input)[0];
    return (logits[4] - logits[1]).abs().max().item<double>();
  };
  EXPECT_GT(spread(), 1e-3);
  const ScopedAttention dummy(kDummyAttention);
  EXPECT_LE(spread(), 1e-5);
}

TEST(RegistryTest, EveryNameHasAScheme) {
  for (int value = PositionConfig::Table_MIN; value <= PositionConfig::Table_MAX; ++value) {
    ModelConfig config;
    config.mutable_positions()->set_table(static_cast<PositionConfig::Table>(value));
    EXPECT_TRUE(CheckPositions(config).ok()) << CheckPositions(config);
    EXPECT_EQ(TableOf(config).table, value);
  }
  for (int value = AttentionConfig::Position_MIN; value <= AttentionConfig::Position_MAX; ++value) {
    ModelConfig config;
    config.mutable_attention()->set_position(static_cast<AttentionConfig::Position>(value));
    EXPECT_TRUE(CheckPositions(config).ok()) << CheckPositions(config);
    EXPECT_EQ(AttentionOf(config).position, value);
  }
}

}  // namespace
}  // namespace tally

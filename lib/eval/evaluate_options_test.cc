#include "lib/eval/evaluate_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

EvaluateOptions Good() {
  EvaluateOptions options;
  options.flags.mutable_inference()->set_model("run");
  options.grid = *ParseGrid("rows=1..3 cols=1..3");
  return options;
}

TEST(EvaluateOptionsTest, GoodOnesPass) {
  EXPECT_TRUE(ValidateEvaluateOptions(Good()).ok());
  EvaluateOptions options = Good();
  options.flags.set_decoding(kGenerate);
  options.flags.mutable_inference()->set_temperature(.5);
  options.flags.mutable_inference()->set_top_k(3);
  options.flags.set_interval(.02);
  EXPECT_TRUE(ValidateEvaluateOptions(options).ok());
}

TEST(EvaluateOptionsTest, BadOnesAreNamed) {
  const auto expect = [](void (*change)(EvaluateOptions*), const std::string& message) {
    EvaluateOptions options = Good();
    change(&options);
    const absl::Status status = ValidateEvaluateOptions(options);
    EXPECT_EQ(ExitCodeOf(status), kExitUsage) << message;
    EXPECT_THAT(status.message(), HasSubstr(message));
  };
  expect([](EvaluateOptions* o) { o->flags.mutable_inference()->set_model(""); }, "--model is missing");
  expect([](EvaluateOptions* o) { o->flags.set_samples(0); }, "--samples=0");
  expect([](EvaluateOptions* o) { o->flags.set_interval(.6); }, "--interval=0.6");
  expect([](EvaluateOptions* o) { o->flags.set_interval(-1); }, "--interval=-1");
  expect([](EvaluateOptions* o) { o->flags.mutable_inference()->set_logit_factor(0); }, "--logit_factor=0");
  expect([](EvaluateOptions* o) { o->flags.set_decoding("generat"); }, "did you mean generate");
  expect([](EvaluateOptions* o) { o->flags.mutable_inference()->set_temperature(1); }, "expected --decoding=generate");
  expect(
      [](EvaluateOptions* o) {
        o->flags.set_decoding(kGenerate);
        o->flags.mutable_inference()->set_top_k(3);
      },
      "expected --temperature");
  expect([](EvaluateOptions* o) { o->grid.rows.clear(); }, "expected rows");
  expect([](EvaluateOptions* o) { o->flags.set_cells_by("folder"); }, "--cells_by is for given problems");
  expect([](EvaluateOptions* o) { o->flags.set_add_index_hints(true); }, "--add_index_hints is for given problems");
  expect(
      [](EvaluateOptions* o) {
        o->flags.add_problems("x");
        o->flags.set_samples(3);
      },
      "all given problems are scored");
  expect(
      [](EvaluateOptions* o) {
        o->flags.add_problems("x");
        o->grid_asked = true;
      },
      "--problems says which cells");
  expect([](EvaluateOptions* o) { o->flags.set_split("train"); }, "--split is for given problems");
  expect([](EvaluateOptions* o) { o->flags.set_answers_a_cell(3); }, "expected --log_answers with it");
  expect([](EvaluateOptions* o) { o->flags.set_cells_by("fil"); }, "did you mean file?");
  expect(
      [](EvaluateOptions* o) {
        o->flags.add_problems("x");
        o->flags.set_interval(.1);
      },
      "--interval stops cells of a grid");
}

EvalGridFlags Flags(const std::string& grid, const std::string& rows, const std::string& cols,
                    const std::string& operands) {
  EvalGridFlags flags;
  flags.set_grid(grid);
  flags.set_rows(rows);
  flags.set_cols(cols);
  flags.set_operands(operands);
  return flags;
}

TEST(GridFlagsTest, GridsByNameLengthsAndOperands) {
  const auto text = [](const EvalGridFlags& flags) { return GridText(*ResolveGridFlags(flags, "1..20")); };
  EXPECT_EQ(text({}), "rows=1..20 cols=1..20");
  EXPECT_EQ(text(Flags("", "1..3", "", "")), "rows=1..3 cols=1..20");
  EXPECT_EQ(text(Flags("", "5", "7,9", "")), "rows=5 cols=7,9");
  EXPECT_EQ(text(Flags("", "5", "", "2..8")), "rows=5 operands=2..8");
  EXPECT_EQ(text(Flags("ood_only", "", "", "")), "rows=1..30 cols=1..30 min_longest=24");
}

TEST(GridFlagsTest, ContradictionsAreNamed) {
  EXPECT_THAT(ResolveGridFlags(Flags("big", "1", "", ""), "1").status().message(), HasSubstr("--grid"));
  EXPECT_THAT(ResolveGridFlags(Flags("", "", "1", "3"), "1").status().message(), HasSubstr("--operands"));
  EXPECT_EQ(ExitCodeOf(ResolveGridFlags(Flags("bigg", "", "", ""), "1").status()), kExitUsage);
}

TEST(ParseRecurrencesTest, ListsOrZero) {
  EXPECT_TRUE(ParseRecurrences("0")->empty());
  EXPECT_EQ(ParseRecurrences("1..16")->size(), 16);
  EXPECT_THAT(ParseRecurrences("-1").status().message(), HasSubstr("--recurrences=-1"));
}

TEST(EvaluateOptionsTest, TasksHaveNames) {
  EXPECT_TRUE(ParseTasks("")->empty());
  const auto tasks = *ParseTasks("sorting,copy");
  ASSERT_EQ(tasks.size(), 2);
  EXPECT_EQ(tasks[1]->name(), "copy");
  EXPECT_EQ(ExitCodeOf(ParseTasks("sorting,cpy").status()), kExitUsage);
}

constexpr int64_t kGiB = int64_t{1} << 30;

ModelConfig OfWidth(int32_t width) {
  ModelConfig config;
  config.set_hidden_size(width);
  config.mutable_attention()->set_heads(4);
  return config;
}

TEST(BatchTokensTest, FillSmallModelsOnLargeDevices) {
  EXPECT_EQ(BatchTokensOfDevice(OfWidth(48), 80 * kGiB), 1 << 16);
  EXPECT_EQ(BatchTokensOfDevice(OfWidth(4096), kGiB), kBatchTokensOfCpus);
}

// 16 x 1024 + 3 x 4096 + 3 x 64 x 4 numbers of four bytes a token.
TEST(BatchTokensTest, TakeAThirtySecondOfTheMemory) {
  EXPECT_EQ(BatchTokensOfDevice(OfWidth(1024), 80 * kGiB), 80 * kGiB / 32 / (29440 * 4));
}

TEST(FlagWordsTest, EveryWordIsTaken) {
  auto words = EvalWords();
  ASSERT_FALSE(words["grid"].empty() || words["decoding"].empty() || words["cells_by"].empty());
  EvalGridFlags grid;
  for (const std::string& name : words["grid"]) {
    grid.set_grid(name);
    EXPECT_TRUE(ResolveGridFlags(grid, "1").ok()) << name;
  }
  EvaluateOptions options;
  options.grid = *ResolveGridFlags(EvalGridFlags(), "1");
  options.flags.mutable_inference()->set_model("runs/first");
  for (const std::string& name : words["decoding"]) {
    options.flags.set_decoding(name);
    EXPECT_EQ(ValidateEvaluateOptions(options).message(), "") << name;
  }
  options.flags.add_problems("tests");
  for (const std::string& name : words["cells_by"]) {
    options.flags.set_cells_by(name);
    EXPECT_EQ(ValidateEvaluateOptions(options).message(), "") << name;
  }
}

}  // namespace
}  // namespace tally

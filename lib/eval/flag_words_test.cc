#include "lib/eval/flag_words.h"

#include <gtest/gtest.h>

#include "lib/eval/evaluate_options.h"

namespace tally {
namespace {

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

#include "lib/eval/trace.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/model/models_for_test.h"
#include "lib/tasks/registry.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

std::unique_ptr<Model> Multiplier() {
  return WithRandomParameters(
      ConfigWith(
          Recipe(),
          "recurrences: 1 recurrences_per_digit: 1 recurrence_operand: SECOND_OPERAND attention { relative_clip: "
          "2 shift_clip: 2 key_clip: 2 } state { handed_on: ARGMAX variables: 2 values: 10 }"),
      1);
}

TEST(TraceTest, HasALineForEachRecurrenceAndADigitForEachToken) {
  const std::unique_ptr<Model> model = Multiplier();
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  const ModelRun run = {model.get(), &vocabulary};
  const ProblemFormat format(TaskNamed("multiplication"), LineFormat());
  ASSERT_TRUE(CheckTraceable(run, format).ok());
  const std::vector<std::string> lines =
      absl::StrSplit(*TraceOf(run, "12x345=408", /*sample=*/0, format), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_THAT(lines[i],
                ::testing::MatchesRegex("  " + std::to_string(i + 1) + "  digit [0-9]{4}  carry [0-9]{4}(  differs)?"));
  }
  // A random model does not multiply.
  EXPECT_THAT(lines, ::testing::Contains(::testing::EndsWith("differs")));
}

// A factor of zeros leaves everything 0, which a model whose heads give nothing reads.
TEST(TraceTest, SaysNothingBehindValuesThatAreRight) {
  const std::unique_ptr<Model> model = Multiplier();
  const at::NoGradGuard no_grad;
  model->parameters().Find("state.heads.weight")->tensor.zero_();
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  const std::string trace = *TraceOf({model.get(), &vocabulary}, "12x0=0", /*sample=*/0,
                                     ProblemFormat(TaskNamed("multiplication"), LineFormat()));
  EXPECT_EQ(trace, "  1  digit 00  carry 00\n  2  digit 00  carry 00\n");
}

// Labels of several bytes are one token each.
TEST(TraceTest, TracesArraysWithAnyLabels) {
  const ProblemFormat format(TaskNamed("sorting"), LineFormat());
  ModelConfig config = Recipe();
  config.set_recurrences(1);
  config.set_recurrences_per_digit(1);
  config.set_recurrence_operand(ModelConfig::EVERY_OPERAND);
  const absl::Span<const StateVariable> variables = format.task->state(format);
  config.mutable_state()->set_handed_on(StateConfig::ARGMAX);
  config.mutable_state()->set_variables(variables.size());
  for (const StateVariable& variable : variables) {
    config.mutable_state()->set_values(std::max<int64_t>(config.state().values(), variable.values));
  }
  const Vocabulary vocabulary = *Vocabulary::ByName("sort");
  config.set_vocabulary_size(vocabulary.size());
  const std::unique_ptr<Model> model = WithRandomParameters(config, 1);
  const absl::StatusOr<std::string> trace = TraceOf({model.get(), &vocabulary}, "Ψ:41,£:7=£,Ψ", /*sample=*/0, format);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(std::count(trace->begin(), trace->end(), '\n'), 1 + 2 * 3);
}

TEST(TraceTest, RefusesModelsAndTasksWithoutVariables) {
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  const std::unique_ptr<Model> plain = WithRandomParameters(Recipe(), 1), multiplier = Multiplier();
  const ProblemFormat products(TaskNamed("multiplication"), LineFormat());
  const absl::Status status = CheckTraceable({plain.get(), &vocabulary}, products);
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("has 0 variables, multiplication has 2"));
  const ProblemFormat differences(TaskNamed("subtraction"), LineFormat());
  EXPECT_EQ(ExitCodeOf(CheckTraceable({multiplier.get(), &vocabulary}, differences)), kExitUsage);
}

}  // namespace
}  // namespace tally

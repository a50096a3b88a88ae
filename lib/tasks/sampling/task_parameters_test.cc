#include "lib/tasks/sampling/task_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/exit_code.h"
#include "lib/tasks/string_task.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A task with a parameter.
class Rotation : public StringTask {
 public:
  Rotation() : StringTask({.prefix = '!', .least_operands = 1, .most_operands = 1}, kStringOptions) {}
  absl::string_view name() const override { return "rotation"; }
  absl::Span<const TaskParameter> parameters() const override {
    static constexpr TaskParameter kAll[] = {{"places", 1, 0, 9, "how far"}};
    return kAll;
  }
  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& format) const override {
    return AnswerOf(problem.operands, format);
  }

 private:
  std::string AnswerOf(const OperandViews& operands, const LineFormat& format) const override {
    std::string twice = std::string(operands[0]) + std::string(operands[0]);
    return twice.substr(ParameterOf(format, "places") % operands[0].size(), operands[0].size());
  }
};

std::vector<std::string> Words(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(&word[0]);
  TaskArguments arguments(static_cast<int>(pointers.size()), pointers.data());
  EXPECT_EQ(arguments.argv()[arguments.argc()], nullptr);
  return std::vector<std::string>(arguments.argv(), arguments.argv() + arguments.argc());
}

TEST(TaskParametersTest, AParameterIsAFlag) {
  const Rotation rotation;
  const TaskRegistration registration(rotation);
  EXPECT_THAT(Words({"datagen", "--places=3", "--count", "5"}),
              ElementsAre("datagen", "--parameter=places=3", "--count", "5"));
  EXPECT_THAT(Words({"datagen", "--places", "3", "x"}), ElementsAre("datagen", "--parameter=places=3", "x"));
  EXPECT_THAT(Words({"datagen", "--places"}), ElementsAre("datagen", "--parameter=places"));
  EXPECT_THAT(Words({"datagen", "--place=3", "--", "--places=3"}),
              ElementsAre("datagen", "--place=3", "--", "--places=3"));
}

TEST(TaskParametersTest, ValuesAreKeptWithTheData) {
  const Rotation rotation;
  const TaskRegistration registration(rotation);
  std::vector<ProblemFormat> formats = {ProblemFormat(rotation, {})};
  const ProblemFormat& format = formats[0];
  EXPECT_EQ(LayoutText(format), "places=1");
  ASSERT_TRUE(AddParameters({"places=4"}, &formats).ok());
  EXPECT_TRUE(ValidateProblemFormat(format).ok());
  EXPECT_EQ(LayoutText(format), "places=4");
  ProblemFormat read(rotation, {});
  ASSERT_TRUE(ParseLayout("places=4", &read).ok());
  EXPECT_EQ(read.parameters, format.parameters);
  std::string room;
  EXPECT_EQ(rotation.Answer(*rotation.Parse("!01234=", format, &room), format), "40123");
}

TEST(TaskParametersTest, BadOnesAreRefused) {
  const Rotation rotation;
  std::vector<ProblemFormat> formats = {ProblemFormat(rotation, {})};
  EXPECT_THAT(std::string(AddParameters({"places=x"}, &formats).message()),
              HasSubstr("--places: found \"x\", expected a whole number"));
  ASSERT_TRUE(AddParameters({"places=10"}, &formats).ok());
  EXPECT_EQ(ValidateProblemFormat(formats[0]).message(), "--places: found 10, expected 0..9");
  EXPECT_EQ(ExitCodeOf(ParseLayout("places=x", formats.data())), kExitBadInput);
  std::vector<ProblemFormat> sum(1);
  ASSERT_TRUE(AddParameters({"places=1"}, &sum).ok());
  EXPECT_THAT(std::string(ValidateProblemFormat(sum[0]).message()), HasSubstr("--places: addition has no such option"));
}

TEST(TaskParametersTest, OfSeveralTasksThoseThatHaveANumberGetIt) {
  const Rotation rotation;
  const TaskRegistration registration(rotation);
  std::vector<ProblemFormat> formats = {ProblemFormat(), ProblemFormat(rotation, {})};
  ASSERT_TRUE(AddParameters({"places=4"}, &formats).ok());
  EXPECT_TRUE(formats[0].parameters.empty());
  EXPECT_EQ(LayoutText(formats[1]), "places=4");
}

}  // namespace
}  // namespace tally

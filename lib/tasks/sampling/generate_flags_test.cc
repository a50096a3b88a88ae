#include "lib/tasks/sampling/generate_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/exit_code.h"
#include "lib/tasks/strings/string_task.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

GenerateFlags Flags() {
  GenerateFlags flags;
  flags.set_count("10");
  return flags;
}

// The operand lengths that `flags` give: "min..max,min..max".
std::string Lengths(const GenerateFlags& flags) {
  const absl::StatusOr<GenerateOptions> options = ResolveGenerateFlags(flags);
  if (!options.ok()) return std::string(options.status().message());
  const SamplerOptions& sampler = options->sampler;
  return absl::StrCat(sampler.first.min, "..", sampler.first.max, ",", sampler.second.min, "..", sampler.second.max);
}

std::string Refusal(const GenerateFlags& flags) {
  const absl::Status status = ResolveGenerateFlags(flags).status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage) << status;
  return std::string(status.message());
}

TEST(GenerateFlagsTest, LengthsOfTheSecondOperandFollowTheFirst) {
  GenerateFlags flags = Flags();
  EXPECT_EQ(Lengths(flags), "1..20,1..20");
  flags.set_max_digits(7);
  EXPECT_EQ(Lengths(flags), "1..7,1..7");
  flags.set_min_digits(3);
  EXPECT_EQ(Lengths(flags), "3..7,3..7");
  flags.set_max_digits_second(9);
  EXPECT_EQ(Lengths(flags), "3..7,3..9");
  flags.set_min_digits_second(8);
  EXPECT_EQ(Lengths(flags), "3..7,8..9");
}

TEST(GenerateFlagsTest, ExactMeansTheLongestLengthsOnly) {
  GenerateFlags flags = Flags();
  flags.set_exact(true);
  EXPECT_EQ(Lengths(flags), "20..20,20..20");
  flags.set_max_digits_second(5);
  EXPECT_EQ(Lengths(flags), "20..20,5..5");
  flags.set_min_digits(2);
  EXPECT_THAT(Refusal(flags), HasSubstr("--exact makes operands of the longest lengths only"));
  flags.set_min_digits(0);
  flags.set_min_digits_second(2);
  EXPECT_THAT(Refusal(flags), HasSubstr("--exact"));
}

TEST(GenerateFlagsTest, EveryFlagArrives) {
  GenerateFlags flags = Flags();
  flags.set_seed(3);
  flags.set_shard("1/4");
  flags.set_shuffle(false);
  flags.set_out("x.txt");
  flags.set_length_distribution("uniform");
  flags.mutable_format()->set_reverse("answer");
  flags.set_keep_zero(true);
  flags.set_equal_lengths(0.25);
  flags.set_carry_chains(0.5);
  const absl::StatusOr<GenerateOptions> options = ResolveGenerateFlags(flags);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->count, 10);
  EXPECT_EQ(options->seed, 3);
  EXPECT_EQ(options->shard.index, 1);
  EXPECT_EQ(options->shard.count, 4);
  EXPECT_FALSE(options->shuffle);
  EXPECT_EQ(options->out, "x.txt");
  EXPECT_EQ(options->sampler.lengths.kind, LengthDistribution::kUniform);
  EXPECT_EQ(options->sampler.format.order, DigitOrder::kAnswerReversed);
  EXPECT_TRUE(options->sampler.keep_zero);
  EXPECT_EQ(options->sampler.equal_lengths, 0.25);
  EXPECT_EQ(options->sampler.carry_chains, 0.5);
}

// Expects that `flags`, after `change`, are refused with `message`.
void ExpectRefusal(void (*change)(GenerateFlags*), const char* message) {
  GenerateFlags flags = Flags();
  change(&flags);
  EXPECT_THAT(Refusal(flags), HasSubstr(message));
}

TEST(GenerateFlagsTest, EveryFlagOfTheFormatArrives) {
  GenerateFlags flags = Flags();
  flags.mutable_format()->set_task("subtraction");
  flags.mutable_format()->set_reverse("operands");
  flags.mutable_format()->set_interleave(true);
  flags.set_spaces(0.1);
  flags.mutable_format()->set_prepend_zeros(3);
  flags.set_length_distribution("plain");
  flags.set_keep_places(true);
  flags.set_split("test");
  flags.set_test_share(0.2);
  const absl::StatusOr<GenerateOptions> options = ResolveGenerateFlags(flags);
  ASSERT_TRUE(options.ok()) << options.status();
  const SamplerOptions& sampler = options->sampler;
  EXPECT_EQ(sampler.format.task->name(), "subtraction");
  EXPECT_EQ(sampler.format.order, DigitOrder::kOperandsReversed);
  EXPECT_EQ(LayoutText(sampler.format), "interleave,spaces,prepended_zeros=3");
  EXPECT_EQ(sampler.lengths.kind, LengthDistribution::kPlain);
  EXPECT_TRUE(sampler.keep_places);
  EXPECT_EQ(sampler.split.side, Split::kTest);
  EXPECT_EQ(sampler.split.test_share, 0.2);
}

TEST(GenerateFlagsTest, RefusesValuesOutOfRange) {
  ExpectRefusal([](GenerateFlags* f) { f->set_count("0"); }, "--count: found 0, expected the number of problems");
  ExpectRefusal([](GenerateFlags* f) { f->set_count("-5"); }, "--count: found -5");
  ExpectRefusal([](GenerateFlags* f) { f->set_max_digits(0); }, "first operand: found 1..0");
  ExpectRefusal([](GenerateFlags* f) { f->set_min_digits(-1); }, "first operand: found -1..20");
  ExpectRefusal([](GenerateFlags* f) { f->set_min_digits(21); }, "first operand: found 21..20");
  ExpectRefusal([](GenerateFlags* f) { f->set_max_digits_second(-3); }, "second operand: found 1..-3");
  ExpectRefusal([](GenerateFlags* f) { f->set_carry_chains(2); }, "--carry_chains=2; expected 0..1");
  ExpectRefusal([](GenerateFlags* f) { f->set_shard("4/4"); }, "4/4");
}

TEST(GenerateFlagsTest, RefusesUnknownNames) {
  ExpectRefusal([](GenerateFlags* f) { f->mutable_format()->set_task("additoin"); }, "did you mean addition?");
  ExpectRefusal([](GenerateFlags* f) { f->mutable_format()->set_reverse("anwser"); }, "did you mean answer?");
  ExpectRefusal([](GenerateFlags* f) { f->set_length_distribution("unifrom"); }, "did you mean uniform?");
}

TEST(GenerateFlagsTest, RefusesFlagsWithoutEffect) {
  ExpectRefusal(
      [](GenerateFlags* f) {
        f->set_equal_lengths(0.1);
        f->set_max_digits(5);
        f->set_min_digits_second(6);
        f->set_max_digits_second(9);
      },
      "--equal_lengths: no length is both in 1..5 and in 6..9");
  ExpectRefusal(
      [](GenerateFlags* f) {
        f->set_keep_zero(true);
        f->set_min_digits(2);
      },
      "--keep_zero changes one-digit operands only");
}

TEST(GenerateFlagsTest, CountsAreNumbersOrInf) {
  EXPECT_EQ(*ParseProblemCount("12"), 12);
  EXPECT_EQ(*ParseProblemCount("inf"), kEndless);
  for (const char* text : {"", "abc", "1e9", "infinite", "9223372036854775807", "99999999999999999999"}) {
    EXPECT_EQ(ExitCodeOf(ParseProblemCount(text).status()), kExitUsage) << text;
  }
}

TEST(GenerateFlagsTest, SeveralTasksShareFlags) {
  GenerateFlags flags = Flags();
  flags.mutable_format()->set_task("addition,modular_addition");
  flags.mutable_format()->set_reverse("none");
  flags.mutable_format()->add_parameter("modulus=9");
  const absl::StatusOr<GenerateOptions> options = ResolveGenerateFlags(flags);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(LayoutText(options->sampler.format), "");
  ASSERT_EQ(options->others.size(), 1);
  EXPECT_EQ(LayoutText(options->others[0]), "modulus=9");
  EXPECT_EQ(options->others[0].order, DigitOrder::kPlain);
  flags.mutable_format()->set_task("addition,");
  EXPECT_EQ(ExitCodeOf(ResolveGenerateFlags(flags).status()), kExitUsage);
}

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

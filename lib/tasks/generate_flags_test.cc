#include "lib/tasks/generate_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

GenerateFlags Flags() {
  GenerateFlags flags;
  flags.count = 10;
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
  flags.max_digits = 7;
  EXPECT_EQ(Lengths(flags), "1..7,1..7");
  flags.min_digits = 3;
  EXPECT_EQ(Lengths(flags), "3..7,3..7");
  flags.max_digits_second = 9;
  EXPECT_EQ(Lengths(flags), "3..7,3..9");
  flags.min_digits_second = 8;
  EXPECT_EQ(Lengths(flags), "3..7,8..9");
}

TEST(GenerateFlagsTest, ExactMeansTheLongestLengthsOnly) {
  GenerateFlags flags = Flags();
  flags.exact = true;
  EXPECT_EQ(Lengths(flags), "20..20,20..20");
  flags.max_digits_second = 5;
  EXPECT_EQ(Lengths(flags), "20..20,5..5");
  flags.min_digits = 2;
  EXPECT_THAT(Refusal(flags), HasSubstr("--exact makes operands of the longest lengths only"));
  flags.min_digits = 0;
  flags.min_digits_second = 2;
  EXPECT_THAT(Refusal(flags), HasSubstr("--exact"));
}

TEST(GenerateFlagsTest, EveryFlagArrives) {
  GenerateFlags flags = Flags();
  flags.seed = 3;
  flags.shard = "1/4";
  flags.shuffle = false;
  flags.out = "x.txt";
  flags.length_distribution = "uniform";
  flags.reverse = "answer";
  flags.keep_zero = true;
  flags.equal_lengths = 0.25;
  flags.carry_chains = 0.5;
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
  flags.task = "subtraction";
  flags.reverse = "operands";
  flags.interleave = true;
  flags.spaces = 0.1;
  flags.prepend_zeros = 3;
  flags.length_distribution = "plain";
  flags.keep_places = true;
  flags.split = "test";
  flags.test_share = 0.2;
  const absl::StatusOr<GenerateOptions> options = ResolveGenerateFlags(flags);
  ASSERT_TRUE(options.ok()) << options.status();
  const SamplerOptions& sampler = options->sampler;
  EXPECT_EQ(sampler.format.task, Task::kSubtraction);
  EXPECT_EQ(sampler.format.order, DigitOrder::kOperandsReversed);
  EXPECT_EQ(LayoutText(sampler.format), "interleave,spaces,prepended_zeros=3");
  EXPECT_EQ(sampler.lengths.kind, LengthDistribution::kPlain);
  EXPECT_TRUE(sampler.keep_places);
  EXPECT_EQ(sampler.split.side, Split::kTest);
  EXPECT_EQ(sampler.split.test_share, 0.2);
}

TEST(GenerateFlagsTest, RefusesValuesOutOfRange) {
  ExpectRefusal([](GenerateFlags* f) { f->count = 0; }, "--count: found 0, expected the number of problems");
  ExpectRefusal([](GenerateFlags* f) { f->count = -5; }, "--count: found -5");
  ExpectRefusal([](GenerateFlags* f) { f->max_digits = 0; }, "first operand: found 1..0");
  ExpectRefusal([](GenerateFlags* f) { f->min_digits = -1; }, "first operand: found -1..20");
  ExpectRefusal([](GenerateFlags* f) { f->min_digits = 21; }, "first operand: found 21..20");
  ExpectRefusal([](GenerateFlags* f) { f->max_digits_second = -3; }, "second operand: found 1..-3");
  ExpectRefusal([](GenerateFlags* f) { f->carry_chains = 2; }, "share of carry chains: found 2");
  ExpectRefusal([](GenerateFlags* f) { f->shard = "4/4"; }, "4/4");
}

TEST(GenerateFlagsTest, RefusesUnknownNames) {
  ExpectRefusal([](GenerateFlags* f) { f->task = "additoin"; }, "did you mean addition?");
  ExpectRefusal([](GenerateFlags* f) { f->reverse = "anwser"; }, "did you mean answer?");
  ExpectRefusal([](GenerateFlags* f) { f->length_distribution = "unifrom"; }, "did you mean uniform?");
}

TEST(GenerateFlagsTest, RefusesFlagsWithoutEffect) {
  ExpectRefusal(
      [](GenerateFlags* f) {
        f->equal_lengths = 0.1;
        f->max_digits = 5;
        f->min_digits_second = 6;
        f->max_digits_second = 9;
      },
      "--equal_lengths: no length is both in 1..5 and in 6..9");
  ExpectRefusal(
      [](GenerateFlags* f) {
        f->keep_zero = true;
        f->min_digits = 2;
      },
      "--keep_zero changes one-digit operands only");
}

TEST(GenerateFlagsTest, CountsAreNumbersOrInf) {
  ProblemCount count;
  std::string error;
  EXPECT_TRUE(AbslParseFlag("12", &count, &error));
  EXPECT_EQ(count.value, 12);
  EXPECT_EQ(AbslUnparseFlag(count), "12");
  EXPECT_TRUE(AbslParseFlag("inf", &count, &error));
  EXPECT_EQ(count.value, kEndless);
  EXPECT_EQ(AbslUnparseFlag(count), "inf");
  for (const char* text : {"", "abc", "1e9", "infinite", "9223372036854775807", "99999999999999999999"}) {
    EXPECT_FALSE(AbslParseFlag(text, &count, &error)) << text;
  }
}

}  // namespace
}  // namespace tally

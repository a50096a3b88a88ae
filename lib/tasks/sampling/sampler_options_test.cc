// Options of the sampler beside lengths and digits: carries, many operands, splits, layouts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/tasks/sampling/sampler.h"
#include "lib/tasks/sampling/sampling_for_test.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

// The longest run of neighbouring weights that carry in first + second, least significant digits first.
int LongestCarryRun(absl::string_view first, absl::string_view second) {
  int carry = 0, run = 0, longest = 0;
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    const int a = i < first.size() ? first[i] - '0' : 0, b = i < second.size() ? second[i] - '0' : 0;
    carry = a + b + carry >= 10;
    run = carry ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

TEST(SamplerTest, CarryRunsAreUniform) {
  SamplerOptions options = OfLengths({7, 7}, {9, 9});
  options.uniform_carry_runs = true;
  constexpr int kTrials = 16'000;
  std::map<int, int> counts;
  std::string line;
  for (int i = 0; i < kTrials; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    ASSERT_NE(problem.operands[0].back(), '0');
    ASSERT_NE(problem.operands[1].back(), '0');
    ++counts[LongestCarryRun(problem.operands[0], problem.operands[1])];
  }
  EXPECT_EQ(counts.size(), 8);
  for (const auto& [run, count] : counts) ExpectShare(count, kTrials, 1.0 / 8);
}

TEST(SamplerTest, SumsWithoutCarriesAreUniformAmongThose) {
  SamplerOptions options = OfLengths({1, 1}, {1, 1});
  options.no_carry = true;
  constexpr int kTrials = 18'000;
  std::map<std::string, int> counts;
  for (int i = 0; i < kTrials; ++i) ++counts[Sample(options, i)];
  EXPECT_EQ(counts.size(), 36);  // a, b >= 1 and a + b <= 9
  for (const auto& [line, count] : counts) ExpectShare(count, kTrials, 1.0 / 36);
  options = OfLengths({1, 12}, {1, 12});
  options.no_carry = true;
  std::string line;
  for (int i = 0; i < 2000; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    ASSERT_EQ(LongestCarryRun(problem.operands[0], problem.operands[1]), 0) << line;
  }
}

TEST(SamplerTest, WeightedLengths) {
  SamplerOptions options = OfLengths({2, 4}, {1, 3});
  options.lengths = *ParseLengthDistribution("weighted:1,0,3");
  std::map<size_t, int> counts;
  std::string line;
  for (int i = 0; i < 8000; ++i) ++counts[SampleParts(options, i, &line).operands[0].size()];
  EXPECT_EQ(counts.count(3), 0);
  ExpectShare(counts[2], 8000, 0.25);
}

TEST(SamplerTest, PlainNumbersAreUniformBelowAPowerOfTen) {
  SamplerOptions options = OfLengths({1, 2}, {1, 2});
  options.lengths.kind = LengthDistribution::kPlain;
  options.format.order = DigitOrder::kPlain;
  std::map<std::string, int> counts;
  std::string line;
  for (int i = 0; i < 50'000; ++i) ++counts[std::string(SampleParts(options, i, &line).operands[1])];
  EXPECT_EQ(counts.size(), 100);
  for (const auto& [number, count] : counts) ExpectShare(count, 50'000, 0.01);
  options.keep_places = true;
  EXPECT_EQ(SampleParts(options, 0, &line).operands[0].size(), 2);
}

TEST(SamplerTest, OperandsOfASumAreManyAndVary) {
  SamplerOptions options = OfLengths({1, 9}, {1, 9});
  options.lengths.kind = LengthDistribution::kUniform;
  options.min_operands = 2;
  options.max_operands = 32;
  std::set<size_t> counts;
  std::string line;
  for (int i = 0; i < 1000; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    counts.insert(problem.operands.size());
    ASSERT_EQ(problem.answer, OracleAnswer(problem, options.format)) << line;
  }
  EXPECT_EQ(counts.size(), 31);
}

TEST(SamplerTest, SidesOfASplitAreDisjointAndShared) {
  SamplerOptions train = OfLengths({1, 2}, {1, 2}), test = train, all = train;
  train.split = {Split::kTrain, 0.3};
  test.split = {Split::kTest, 0.3};
  train.lengths.kind = test.lengths.kind = all.lengths.kind = LengthDistribution::kUniform;
  std::set<std::string> train_lines, test_lines;
  int on_test_side = 0;
  std::string line;
  for (int i = 0; i < 20'000; ++i) {
    train_lines.insert(Sample(train, i));
    test_lines.insert(Sample(test, i));
    const ParsedProblem problem = SampleParts(all, i, &line);
    on_test_side += IsTestProblem(ProblemHash(problem, all.format), 0.3);
    // Both orders of the operands are on the same side.
    const std::string swapped = absl::StrCat(problem.operands[1], "+", problem.operands[0], "=", problem.answer);
    ASSERT_FALSE(train_lines.count(line) && test_lines.count(swapped)) << line;
  }
  for (const std::string& test_line : test_lines) ASSERT_EQ(train_lines.count(test_line), 0) << test_line;
  EXPECT_NEAR(on_test_side / 20'000.0, 0.3, 0.05);
}

TEST(SamplerTest, AnImpossibleSplitIsSaid) {
  SamplerOptions options = OfLengths({1, 1}, {1, 1});
  options.split = {Split::kTest, 0};
  std::string line;
  EXPECT_THAT(std::string(Sampler::Create(options)->Sample(1, RandomStream::kTest, 0, &line).message()),
              HasSubstr("no problem of these lengths"));
}

// Every layout of every task gives lines that parse back to what the oracle says.
TEST(SamplerTest, LayoutsParseBack) {
  std::string line;
  for (const char* task : {"addition", "subtraction", "multiplication", "sorting"}) {
    for (const DigitOrder order :
         {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kOperandsReversed, DigitOrder::kPlain}) {
      for (int layout = 0; layout < 5; ++layout) {
        SamplerOptions options = OfLengths({1, 8}, {1, 8});
        options.format = {TaskNamed(task), {order, layout == 1, layout == 2, layout == 3, layout == 4 ? 2 : 0}};
        options.spaces = layout == 3 ? 0.3 : 0;
        if (!ValidateProblemFormat(options.format).ok()) continue;
        for (int i = 0; i < 200; ++i) {
          const ParsedProblem problem = SampleParts(options, i, &line);
          ASSERT_EQ(problem.answer, OracleAnswer(problem, options.format)) << line;
        }
      }
    }
  }
}

TEST(SamplerTest, ValidateRefusesBadOptions) {
  EXPECT_TRUE(Sampler::Create(OfLengths({1, 1}, {1, kMaxOperandDigits})).ok());
  const auto refusal = [](const SamplerOptions& options) {
    const absl::Status status = Sampler::Create(options).status();
    EXPECT_EQ(ExitCodeOf(status), kExitUsage);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(OfLengths({0, 1}, {1, 1})), HasSubstr("first operand: found 0..1, expected a range within 1.."));
  EXPECT_THAT(refusal(OfLengths({1, 1}, {3, 2})), HasSubstr("second operand: found 3..2"));
  EXPECT_THAT(refusal(OfLengths({1, kMaxOperandDigits + 1}, {1, 1})), HasSubstr("first operand"));
  for (const double share : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    SamplerOptions options;
    options.equal_lengths = share;
    EXPECT_THAT(refusal(options), HasSubstr("share of equal lengths"));
    options.equal_lengths = 0;
    options.carry_chains = share;
    EXPECT_THAT(refusal(options), HasSubstr("share of carry chains"));
  }
  SamplerOptions options;
  options.max_operands = 33;
  EXPECT_THAT(refusal(options), HasSubstr("operands: found 2..33"));
  options.max_operands = 3;
  EXPECT_THAT(refusal(options), HasSubstr("there is no grid of them"));
  options.format.task = &TaskNamed("multiplication");
  EXPECT_THAT(refusal(options), HasSubstr("only sums have them"));
  options.max_operands = 2;
  options.no_carry = true;
  EXPECT_THAT(refusal(options), HasSubstr("the choice of carries needs sums"));
  options = SamplerOptions();
  options.lengths = *ParseLengthDistribution("weighted:1,2");
  EXPECT_THAT(refusal(options), HasSubstr("weights of lengths: found 2, expected one for each length"));
}

}  // namespace
}  // namespace tally

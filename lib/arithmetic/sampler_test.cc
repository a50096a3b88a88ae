#include "lib/arithmetic/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/arithmetic/oracle.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kSeed = 7;

std::string Sample(const SamplerOptions& options, uint64_t index, uint64_t seed = kSeed,
                   RandomStream stream = RandomStream::kProblem) {
  std::string line;
  EXPECT_TRUE(Sampler::Create(options)->Sample(seed, stream, index, &line).ok());
  return line;
}

// The parts of a sample; `*line` owns their text.
ParsedProblem SampleParts(const SamplerOptions& options, uint64_t index, std::string* line) {
  *line = Sample(options, index);
  static std::string room;
  const absl::StatusOr<ParsedProblem> problem = ParseProblem(*line, options.format, &room);
  EXPECT_TRUE(problem.ok()) << problem.status() << " " << *line;
  return problem.ok() ? *problem : ParsedProblem{{"0", "0"}, {}, "0"};
}

SamplerOptions Lengths(LengthRange first, LengthRange second) {
  SamplerOptions options;
  options.first = first;
  options.second = second;
  return options;
}

// `count` is within five standard deviations of what `trials` with the given probability give.
void ExpectShare(int64_t count, int64_t trials, double probability) {
  EXPECT_NEAR(count, trials * probability, 5 * std::sqrt(trials * probability * (1 - probability)) + 1e-9);
}

TEST(SamplerTest, AnswersAreExactInEveryOrder) {
  SamplerOptions options = Lengths({1, 40}, {1, 40});
  options.keep_zero = true;
  options.carry_chains = 0.5;
  for (const DigitOrder order : {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kPlain}) {
    options.format.order = order;
    std::string line;
    for (int i = 0; i < 2000; ++i) {
      const ParsedProblem problem = SampleParts(options, i, &line);
      ASSERT_EQ(problem.answer, OracleAnswer(problem, options.format)) << line;
    }
  }
}

TEST(SamplerTest, OrdersWriteTheSameNumbers) {
  SamplerOptions reversed = Lengths({1, 30}, {1, 30}), plain = reversed, answer = reversed;
  plain.format.order = DigitOrder::kPlain;
  answer.format.order = DigitOrder::kAnswerReversed;
  std::string line[3];
  for (int i = 0; i < 900; ++i) {
    const ParsedProblem a = SampleParts(reversed, i, &line[0]);
    const ParsedProblem b = SampleParts(plain, i, &line[1]);
    const ParsedProblem c = SampleParts(answer, i, &line[2]);
    EXPECT_EQ(std::string(a.operands[0].rbegin(), a.operands[0].rend()), b.operands[0]);
    EXPECT_EQ(std::string(a.operands[1].rbegin(), a.operands[1].rend()), b.operands[1]);
    EXPECT_EQ(std::string(a.answer.rbegin(), a.answer.rend()), b.answer);
    EXPECT_EQ(c.operands[0], b.operands[0]);
    EXPECT_EQ(c.operands[1], b.operands[1]);
    EXPECT_EQ(c.answer, a.answer);
  }
}

TEST(SamplerTest, BucketSweepsTheGridOfLengths) {
  const SamplerOptions options = Lengths({2, 4}, {1, 5});
  std::string line;
  uint64_t index = 0;
  for (int sweep = 0; sweep < 2; ++sweep) {
    for (size_t first = 2; first <= 4; ++first) {
      for (size_t second = 1; second <= 5; ++second) {
        const ParsedProblem problem = SampleParts(options, index++, &line);
        EXPECT_EQ(problem.operands[0].size(), first);
        EXPECT_EQ(problem.operands[1].size(), second);
      }
    }
  }
}

TEST(SamplerTest, UniformLengthsAreUniformAndIndependent) {
  SamplerOptions options = Lengths({3, 5}, {1, 4});
  options.lengths.kind = LengthDistribution::kUniform;
  std::map<std::pair<size_t, size_t>, int> counts;
  std::string line;
  constexpr int kTrials = 24'000;
  for (int i = 0; i < kTrials; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    ++counts[{problem.operands[0].size(), problem.operands[1].size()}];
  }
  EXPECT_EQ(counts.size(), 12);
  for (const auto& [lengths, count] : counts) {
    EXPECT_TRUE(lengths.first >= 3 && lengths.first <= 5 && lengths.second >= 1 && lengths.second <= 4);
    ExpectShare(count, kTrials, 1.0 / 12);
  }
}

// Counts[digit] at each weight of the first and then the second operand.
std::vector<std::vector<int>> DigitCounts(const SamplerOptions& options, int trials) {
  std::vector<std::vector<int>> counts(options.first.max + options.second.max, std::vector<int>(10));
  std::string line;
  for (int i = 0; i < trials; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    for (size_t k = 0; k < problem.operands[0].size(); ++k) ++counts[k][problem.operands[0][k] - '0'];
    for (size_t k = 0; k < problem.operands[1].size(); ++k)
      ++counts[options.first.max + k][problem.operands[1][k] - '0'];
  }
  return counts;
}

TEST(SamplerTest, DigitsAreUniformAndTheLeadingOneIsNotZero) {
  constexpr int kTrials = 20'000;
  // Lengths around the nine digits of a group.
  const auto counts = DigitCounts(Lengths({19, 19}, {9, 9}), kTrials);
  for (size_t position = 0; position < counts.size(); ++position) {
    const bool leading = position == 18 || position == 27;
    for (int digit = 0; digit < 10; ++digit) {
      ExpectShare(counts[position][digit], kTrials, leading ? (digit == 0 ? 0 : 1.0 / 9) : 0.1);
    }
  }
}

TEST(SamplerTest, OneDigitOperandsHaveAZeroOnlyWithKeepZero) {
  constexpr int kTrials = 9000;
  SamplerOptions options = Lengths({1, 1}, {1, 1});
  for (const auto& digits : DigitCounts(options, kTrials)) {
    EXPECT_EQ(digits[0], 0);
    for (int digit = 1; digit < 10; ++digit) ExpectShare(digits[digit], kTrials, 1.0 / 9);
  }
  options.keep_zero = true;
  for (const auto& digits : DigitCounts(options, kTrials)) {
    for (int digit = 0; digit < 10; ++digit) ExpectShare(digits[digit], kTrials, 0.1);
  }
}

TEST(SamplerTest, KeepZeroLeavesLongerOperandsWithoutLeadingZeros) {
  SamplerOptions options = Lengths({10, 10}, {2, 2});
  options.keep_zero = true;
  const auto counts = DigitCounts(options, 2000);
  EXPECT_EQ(counts[9][0], 0);
  EXPECT_EQ(counts[11][0], 0);
}

TEST(SamplerTest, SamplesAreIndependentOfEachOtherAndOfTheBuffer) {
  const SamplerOptions options = Lengths({1, 20}, {1, 20});
  std::string line = "left over from before";
  Sampler sampler = *Sampler::Create(options);
  ASSERT_TRUE(sampler.Sample(kSeed, RandomStream::kProblem, 399, &line).ok());
  ASSERT_TRUE(sampler.Sample(kSeed, RandomStream::kProblem, 5, &line).ok());
  EXPECT_EQ(line, Sample(options, 5));
  EXPECT_NE(Sample(options, 405), Sample(options, 5));  // the same lengths
  EXPECT_NE(Sample(options, 5, kSeed + 1), Sample(options, 5));
  EXPECT_NE(Sample(options, 5, kSeed, RandomStream::kEvaluation), Sample(options, 5));
}

TEST(SamplerTest, LongOperandsDoNotRepeat) {
  const SamplerOptions options = Lengths({20, 20}, {20, 20});
  std::set<std::string> lines;
  for (int i = 0; i < 10'000; ++i) lines.insert(Sample(options, i));
  EXPECT_EQ(lines.size(), 10'000);
}

TEST(SamplerTest, EqualLengthsComeInTheirShare) {
  constexpr int kTrials = 40'000;
  SamplerOptions options = Lengths({1, 20}, {1, 20});
  options.equal_lengths = 0.25;
  int equal = 0;
  std::string line;
  for (int i = 0; i < kTrials; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    equal += problem.operands[0].size() == problem.operands[1].size();
  }
  ExpectShare(equal, kTrials, 0.25 + 0.75 / 20);
}

TEST(SamplerTest, EqualLengthsStayWithinTheSecondRange) {
  SamplerOptions options = Lengths({1, 9}, {3, 5});
  options.equal_lengths = 1;
  std::string line;
  for (int i = 0; i < 1000; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    ASSERT_GE(problem.operands[1].size(), 3);
    ASSERT_LE(problem.operands[1].size(), 5);
    if (problem.operands[0].size() >= 3 && problem.operands[0].size() <= 5) {
      EXPECT_EQ(problem.operands[1].size(), problem.operands[0].size());
    }
  }
}

TEST(SamplerTest, CarryChainsRunThroughSevenTenthsOfTheDigits) {
  SamplerOptions options = Lengths({30, 30}, {40, 40});
  options.carry_chains = 1;
  constexpr int kTrials = 2000;
  int complements = 0, nines = 0;
  std::string line;
  for (int i = 0; i < kTrials; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    for (int k = 0; k < 30; ++k) complements += problem.operands[0][k] - '0' + problem.operands[1][k] - '0' == 9;
    for (int k = 30; k < 39; ++k) nines += problem.operands[1][k] == '9';
  }
  ExpectShare(complements, 30 * kTrials, 0.7 + 0.3 * 0.1);
  ExpectShare(nines, 9 * kTrials, 0.7 + 0.3 * 0.1);
}

TEST(SamplerTest, CarryChainsComeInTheirShareAndChangeNothingElse) {
  SamplerOptions options = Lengths({30, 30}, {30, 30});
  constexpr int kTrials = 4000;
  SamplerOptions chains = options;
  chains.carry_chains = 0.25;
  int changed = 0;
  std::string line, other_line;
  for (int i = 0; i < kTrials; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    const ParsedProblem other = SampleParts(chains, i, &other_line);
    EXPECT_EQ(problem.operands[0], other.operands[0]);
    changed += problem.operands[1] != other.operands[1];
  }
  ExpectShare(changed, kTrials, 0.25);
}

TEST(SamplerTest, CarryChainsKeepTheLeadingDigit) {
  std::string line;
  for (const bool keep_zero : {false, true}) {
    SamplerOptions options = Lengths({1, 12}, {1, 12});
    options.carry_chains = 1;
    options.keep_zero = keep_zero;
    int zeros = 0;
    for (int i = 0; i < 20'000; ++i) {
      const ParsedProblem problem = SampleParts(options, i, &line);
      if (problem.operands[1].size() > 1) {
        ASSERT_NE(problem.operands[1].back(), '0') << line;
      } else {
        zeros += problem.operands[1] == "0";
      }
    }
    EXPECT_EQ(zeros > 0, keep_zero);
  }
}

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
  SamplerOptions options = Lengths({7, 7}, {9, 9});
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
  SamplerOptions options = Lengths({1, 1}, {1, 1});
  options.no_carry = true;
  constexpr int kTrials = 18'000;
  std::map<std::string, int> counts;
  for (int i = 0; i < kTrials; ++i) ++counts[Sample(options, i)];
  EXPECT_EQ(counts.size(), 36);  // a, b >= 1 and a + b <= 9
  for (const auto& [line, count] : counts) ExpectShare(count, kTrials, 1.0 / 36);
  options = Lengths({1, 12}, {1, 12});
  options.no_carry = true;
  std::string line;
  for (int i = 0; i < 2000; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    ASSERT_EQ(LongestCarryRun(problem.operands[0], problem.operands[1]), 0) << line;
  }
}

TEST(SamplerTest, WeightedLengths) {
  SamplerOptions options = Lengths({2, 4}, {1, 3});
  options.lengths = *ParseLengthDistribution("weighted:1,0,3");
  std::map<size_t, int> counts;
  std::string line;
  for (int i = 0; i < 8000; ++i) ++counts[SampleParts(options, i, &line).operands[0].size()];
  EXPECT_EQ(counts.count(3), 0);
  ExpectShare(counts[2], 8000, 0.25);
}

TEST(SamplerTest, PlainNumbersAreUniformBelowAPowerOfTen) {
  SamplerOptions options = Lengths({1, 2}, {1, 2});
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
  SamplerOptions options = Lengths({1, 9}, {1, 9});
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
  SamplerOptions train = Lengths({1, 2}, {1, 2}), test = train, all = train;
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
    // Both orders of the operands stand on the same side.
    const std::string swapped = absl::StrCat(problem.operands[1], "+", problem.operands[0], "=", problem.answer);
    ASSERT_FALSE(train_lines.count(line) && test_lines.count(swapped)) << line;
  }
  for (const std::string& test_line : test_lines) ASSERT_EQ(train_lines.count(test_line), 0) << test_line;
  EXPECT_NEAR(on_test_side / 20'000.0, 0.3, 0.05);
}

TEST(SamplerTest, AnImpossibleSplitIsSaid) {
  SamplerOptions options = Lengths({1, 1}, {1, 1});
  options.split = {Split::kTest, 0};
  std::string line;
  EXPECT_THAT(std::string(Sampler::Create(options)->Sample(1, RandomStream::kTest, 0, &line).message()),
              HasSubstr("no problem of these lengths"));
}

// Every layout of every task gives lines that parse back to what the oracle says.
TEST(SamplerTest, LayoutsParseBack) {
  std::string line;
  for (const Task task : {Task::kAddition, Task::kSubtraction, Task::kMultiplication, Task::kSorting}) {
    for (const DigitOrder order :
         {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kOperandsReversed, DigitOrder::kPlain}) {
      for (int layout = 0; layout < 5; ++layout) {
        SamplerOptions options = Lengths({1, 8}, {1, 8});
        options.format = {task, order, layout == 1, layout == 2, layout == 3, layout == 4 ? 2 : 0};
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
  EXPECT_TRUE(Sampler::Create(Lengths({1, 1}, {1, kMaxOperandDigits})).ok());
  const auto refusal = [](const SamplerOptions& options) {
    const absl::Status status = Sampler::Create(options).status();
    EXPECT_EQ(ExitCodeOf(status), kExitUsage);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(Lengths({0, 1}, {1, 1})), HasSubstr("first operand: found 0..1, expected a range within 1.."));
  EXPECT_THAT(refusal(Lengths({1, 1}, {3, 2})), HasSubstr("second operand: found 3..2"));
  EXPECT_THAT(refusal(Lengths({1, kMaxOperandDigits + 1}, {1, 1})), HasSubstr("first operand"));
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
  options.format.task = Task::kMultiplication;
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

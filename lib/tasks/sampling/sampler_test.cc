#include "lib/tasks/sampling/sampler.h"

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
#include "lib/base/exit_code.h"
#include "lib/tasks/sampling/sampling_for_test.h"

namespace tally {
namespace {

TEST(SamplerTest, AnswersAreExactInEveryOrder) {
  SamplerOptions options = OfLengths({1, 40}, {1, 40});
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
  SamplerOptions reversed = OfLengths({1, 30}, {1, 30}), plain = reversed, answer = reversed;
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
  const SamplerOptions options = OfLengths({2, 4}, {1, 5});
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
  SamplerOptions options = OfLengths({3, 5}, {1, 4});
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
  const auto counts = DigitCounts(OfLengths({19, 19}, {9, 9}), kTrials);
  for (size_t position = 0; position < counts.size(); ++position) {
    const bool leading = position == 18 || position == 27;
    for (int digit = 0; digit < 10; ++digit) {
      ExpectShare(counts[position][digit], kTrials, leading ? (digit == 0 ? 0 : 1.0 / 9) : 0.1);
    }
  }
}

TEST(SamplerTest, OneDigitOperandsHaveAZeroOnlyWithKeepZero) {
  constexpr int kTrials = 9000;
  SamplerOptions options = OfLengths({1, 1}, {1, 1});
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
  SamplerOptions options = OfLengths({10, 10}, {2, 2});
  options.keep_zero = true;
  const auto counts = DigitCounts(options, 2000);
  EXPECT_EQ(counts[9][0], 0);
  EXPECT_EQ(counts[11][0], 0);
}

TEST(SamplerTest, SamplesAreIndependentOfEachOtherAndOfTheBuffer) {
  const SamplerOptions options = OfLengths({1, 20}, {1, 20});
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
  const SamplerOptions options = OfLengths({20, 20}, {20, 20});
  std::set<std::string> lines;
  for (int i = 0; i < 10'000; ++i) lines.insert(Sample(options, i));
  EXPECT_EQ(lines.size(), 10'000);
}

TEST(SamplerTest, EqualLengthsComeInTheirShare) {
  constexpr int kTrials = 40'000;
  SamplerOptions options = OfLengths({1, 20}, {1, 20});
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
  SamplerOptions options = OfLengths({1, 9}, {3, 5});
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

// The longest second operand of sample i of 60 is that of i / 10 whole tenths.
TEST(SamplerTest, LengthsGrowWithTheSample) {
  SamplerOptions options = OfLengths({1, 6}, {1, 6});
  options.lengths.kind = LengthDistribution::kUniform;
  options.grow_second = 60;
  size_t longest_first = 0;
  std::vector<size_t> longest(8);
  std::string line;
  for (int i = 0; i < 80; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    longest_first = std::max(longest_first, problem.operands[0].size());
    longest[i / 10] = std::max(longest[i / 10], problem.operands[1].size());
  }
  EXPECT_EQ(longest_first, 6);
  for (size_t tenth = 0; tenth < 8; ++tenth) EXPECT_LE(longest[tenth], std::min<size_t>(tenth + 1, 6)) << tenth;
  EXPECT_EQ(longest[0], 1);
  EXPECT_GE(*std::max_element(longest.begin() + 5, longest.end()), 5);
}

TEST(SamplerTest, ExtremeDigitsAreMostlyZerosAndNines) {
  SamplerOptions options = OfLengths({30, 30}, {30, 30});
  options.extreme_digits = 1;
  int extreme = 0, digits = 0;
  std::string line;
  for (int i = 0; i < 100; ++i) {
    const absl::string_view number = SampleParts(options, i, &line).operands[0];
    EXPECT_NE(number.back(), '0');
    for (size_t n = 0; n < 29; ++n, ++digits) extreme += number[n] == '0' || number[n] == '9';
  }
  // .7 of the digits become one, and a fifth of the others is one.
  EXPECT_NEAR(static_cast<double>(extreme) / digits, 0.7 + 0.3 * 0.2, 0.04);
}

TEST(SamplerTest, CarryChainsRunThroughSevenTenthsOfTheDigits) {
  SamplerOptions options = OfLengths({30, 30}, {40, 40});
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
  SamplerOptions options = OfLengths({30, 30}, {30, 30});
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
    SamplerOptions options = OfLengths({1, 12}, {1, 12});
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

}  // namespace
}  // namespace tally

#include "lib/arithmetic/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/arithmetic/oracle.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kSeed = 7;

std::string Sample(const SamplerOptions& options, uint64_t index, uint64_t seed = kSeed,
                   RandomStream stream = RandomStream::kProblem) {
  std::string line;
  SampleProblem(options, seed, stream, index, &line);
  return line;
}

// The parts of a sample; `*line` owns their text.
ParsedProblem SampleParts(const SamplerOptions& options, uint64_t index, std::string* line) {
  *line = Sample(options, index);
  const absl::StatusOr<ParsedProblem> problem = ParseProblem(*line);
  EXPECT_TRUE(problem.ok()) << problem.status() << " " << *line;
  return problem.ok() ? *problem : ParsedProblem{"0", "0", "0"};
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
    EXPECT_EQ(std::string(a.first.rbegin(), a.first.rend()), b.first);
    EXPECT_EQ(std::string(a.second.rbegin(), a.second.rend()), b.second);
    EXPECT_EQ(std::string(a.answer.rbegin(), a.answer.rend()), b.answer);
    EXPECT_EQ(c.first, b.first);
    EXPECT_EQ(c.second, b.second);
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
        EXPECT_EQ(problem.first.size(), first);
        EXPECT_EQ(problem.second.size(), second);
      }
    }
  }
}

TEST(SamplerTest, UniformLengthsAreUniformAndIndependent) {
  SamplerOptions options = Lengths({3, 5}, {1, 4});
  options.lengths = LengthDistribution::kUniform;
  std::map<std::pair<size_t, size_t>, int> counts;
  std::string line;
  constexpr int kTrials = 24'000;
  for (int i = 0; i < kTrials; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    ++counts[{problem.first.size(), problem.second.size()}];
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
    for (size_t k = 0; k < problem.first.size(); ++k) ++counts[k][problem.first[k] - '0'];
    for (size_t k = 0; k < problem.second.size(); ++k) ++counts[options.first.max + k][problem.second[k] - '0'];
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
  SampleProblem(options, kSeed, RandomStream::kProblem, 5, &line);
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
    equal += problem.first.size() == problem.second.size();
  }
  ExpectShare(equal, kTrials, 0.25 + 0.75 / 20);
}

TEST(SamplerTest, EqualLengthsStayWithinTheSecondRange) {
  SamplerOptions options = Lengths({1, 9}, {3, 5});
  options.equal_lengths = 1;
  std::string line;
  for (int i = 0; i < 1000; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    ASSERT_GE(problem.second.size(), 3);
    ASSERT_LE(problem.second.size(), 5);
    if (problem.first.size() >= 3 && problem.first.size() <= 5) {
      EXPECT_EQ(problem.second.size(), problem.first.size());
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
    for (int k = 0; k < 30; ++k) complements += problem.first[k] - '0' + problem.second[k] - '0' == 9;
    for (int k = 30; k < 39; ++k) nines += problem.second[k] == '9';
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
    EXPECT_EQ(problem.first, other.first);
    changed += problem.second != other.second;
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
      if (problem.second.size() > 1) {
        ASSERT_NE(problem.second.back(), '0') << line;
      } else {
        zeros += problem.second == "0";
      }
    }
    EXPECT_EQ(zeros > 0, keep_zero);
  }
}

TEST(SamplerTest, ValidateRefusesBadOptions) {
  EXPECT_TRUE(ValidateSamplerOptions(Lengths({1, 1}, {1, kMaxOperandDigits})).ok());
  const auto refusal = [](const SamplerOptions& options) {
    const absl::Status status = ValidateSamplerOptions(options);
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
}

}  // namespace
}  // namespace tally

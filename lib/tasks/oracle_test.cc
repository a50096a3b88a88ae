// The oracle of each task against its answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

constexpr DigitOrder kOrders[] = {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kOperandsReversed,
                                  DigitOrder::kPlain};
constexpr const char* kTasks[] = {"addition", "subtraction", "multiplication"};

ProblemFormat Format(absl::string_view task, DigitOrder order) {
  ProblemFormat format;
  format.task = &TaskNamed(task);
  format.order = order;
  return format;
}

ParsedProblem Problem(const std::string& first, const std::string& second) { return {{first, second}, {}, {}}; }

// `size` digits; zeros in front are allowed.
std::string RandomDigits(size_t size, Random* random) {
  std::string digits(size, '0');
  for (char& digit : digits) digit = static_cast<char>('0' + random->Below(10));
  return digits;
}

TEST(OracleTest, SmallNumbers) {
  EXPECT_EQ(OracleAnswer(Problem("190", "25"), Format("addition", DigitOrder::kPlain)), "215");
  EXPECT_EQ(OracleAnswer(Problem("190", "25"), Format("addition", DigitOrder::kAnswerReversed)), "512");
  EXPECT_EQ(OracleAnswer(Problem("190", "25"), Format("addition", DigitOrder::kAllReversed)), "341");
  EXPECT_EQ(OracleAnswer(Problem("0", "0"), Format("addition", DigitOrder::kPlain)), "0");
  EXPECT_EQ(OracleAnswer(Problem("007", "5"), Format("addition", DigitOrder::kPlain)), "12");
  EXPECT_EQ(OracleAnswer(Problem("12", "30"), Format("subtraction", DigitOrder::kPlain)), "-18");
  EXPECT_EQ(OracleAnswer(Problem("12", "30"), Format("multiplication", DigitOrder::kPlain)), "360");
}

TEST(OracleTest, AgreesWithExpectedAnswerOnRandomNumbers) {
  Random random(1, RandomStream::kTest, 0);
  for (int i = 0; i < 300; ++i) {
    const size_t limit = i % 10 == 0 ? 10'000 : 60;
    const std::string first = RandomDigits(1 + random.Below(limit), &random);
    const std::string second = i % 7 == 0 ? first : RandomDigits(1 + random.Below(limit), &random);
    for (const char* task : kTasks) {
      for (const DigitOrder order : kOrders) {
        ProblemFormat format = Format(task, order);
        format.prepended_zeros = i % 3;
        ASSERT_EQ(ExpectedAnswer(Problem(first, second), format), OracleAnswer(Problem(first, second), format))
            << task << " of " << first << " and " << second;
      }
    }
  }
}

TEST(OracleTest, AgreesWithExpectedAnswerOnLongCarriesAndBorrows) {
  for (const size_t size : {1, 2, 9, 10, 99, 10'000}) {
    const std::string nines(size, '9');
    for (const std::string& second : {std::string("1"), nines, std::string(size, '0'), nines + "9", nines + "1"}) {
      for (const char* task : kTasks) {
        for (const DigitOrder order : kOrders) {
          const ProblemFormat format = Format(task, order);
          ASSERT_EQ(ExpectedAnswer(Problem(nines, second), format), OracleAnswer(Problem(nines, second), format));
        }
      }
    }
  }
}

TEST(OracleTest, AgreesWithExpectedAnswerOnManyOperands) {
  Random random(2, RandomStream::kTest, 0);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string> numbers;
    ParsedProblem sum;
    for (uint64_t k = 0; k < 2 + random.Below(31); ++k) numbers.push_back(RandomDigits(1 + random.Below(40), &random));
    numbers.resize(std::max<size_t>(numbers.size(), 2), "7");
    for (const std::string& number : numbers) sum.operands.push_back(number);
    const ProblemFormat format = Format("addition", DigitOrder::kPlain);
    ASSERT_EQ(ExpectedAnswer(sum, format), OracleAnswer(sum, format));
  }
}

// The scratchpad ends in the answer without it, and the oracle, which has another formula, writes the same partial
// results.
TEST(OracleTest, AgreesWithExpectedAnswerOnScratchpads) {
  Random random(1, RandomStream::kTest, 0);
  for (int i = 0; i < 400; ++i) {
    const std::string task = i % 2 == 0 ? "multiplication" : "addition";
    std::vector<std::string> numbers(task == "addition" ? 2 + random.Below(6) : 2);
    ParsedProblem problem;
    for (std::string& number : numbers) number = RandomDigits(1 + random.Below(25), &random);
    for (const std::string& number : numbers) problem.operands.push_back(number);
    const ProblemFormat bare = Format(task, DigitOrder::kAllReversed);
    ProblemFormat format = bare;
    format.scratchpad = true;
    const std::string scratchpad = ExpectedAnswer(problem, format);
    EXPECT_EQ(scratchpad, OracleAnswer(problem, format));
    EXPECT_EQ(TaskNamed(task).Result(scratchpad, format), OracleAnswer(problem, bare));
  }
}

TEST(OracleTest, AgreesWithExpectedAnswerOnOrderAndBits) {
  Random random(3, RandomStream::kTest, 0);
  for (int i = 0; i < 300; ++i) {
    std::string first = RandomDigits(1 + random.Below(9), &random), second = RandomDigits(1 + random.Below(9), &random);
    const std::vector<std::string> numbers = {first, second, first, RandomDigits(3, &random)};
    ParsedProblem sorting = {{}, {"a", ",", "c", "D"}, {}};
    for (const std::string& number : numbers) sorting.operands.push_back(number);
    for (const DigitOrder order : {DigitOrder::kAllReversed, DigitOrder::kPlain}) {
      const ProblemFormat format = Format("sorting", order);
      ASSERT_EQ(ExpectedAnswer(sorting, format), OracleAnswer(sorting, format));
    }
    for (std::string* bits : {&first, &second}) {
      for (char& bit : *bits) bit = bit < '5' ? '0' : '1';
    }
    const ProblemFormat format = Format("bitwise_or", DigitOrder::kAllReversed);
    ASSERT_EQ(ExpectedAnswer(Problem(first, second), format), OracleAnswer(Problem(first, second), format));
  }
}

}  // namespace
}  // namespace tally

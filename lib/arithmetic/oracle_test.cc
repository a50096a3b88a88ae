#include "lib/arithmetic/oracle.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/arithmetic/problem.h"
#include "lib/base/random.h"

namespace tally {
namespace {

constexpr DigitOrder kOrders[] = {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kPlain};

// `size` digits; zeros in front are allowed.
std::string RandomDigits(size_t size, Random* random) {
  std::string digits(size, '0');
  for (char& digit : digits) digit = static_cast<char>('0' + random->Below(10));
  return digits;
}

TEST(OracleTest, SmallSums) {
  EXPECT_EQ(OracleAnswer({"190", "25", ""}, {'+', DigitOrder::kPlain}), "215");
  EXPECT_EQ(OracleAnswer({"190", "25", ""}, {'+', DigitOrder::kAnswerReversed}), "512");
  EXPECT_EQ(OracleAnswer({"190", "25", ""}, {'+', DigitOrder::kAllReversed}), "341");
  EXPECT_EQ(OracleAnswer({"0", "0", ""}, {'+', DigitOrder::kPlain}), "0");
  EXPECT_EQ(OracleAnswer({"007", "5", ""}, {'+', DigitOrder::kPlain}), "012");
}

TEST(OracleTest, AgreesWithExpectedAnswerOnRandomNumbers) {
  Random random(1, RandomStream::kTest, 0);
  for (int i = 0; i < 300; ++i) {
    const size_t limit = i % 10 == 0 ? 10'000 : 60;
    const std::string first = RandomDigits(1 + random.Below(limit), &random);
    const std::string second = RandomDigits(1 + random.Below(limit), &random);
    for (const DigitOrder order : kOrders) {
      const ProblemFormat format = {'+', order};
      ASSERT_EQ(ExpectedAnswer({first, second, ""}, format), OracleAnswer({first, second, ""}, format))
          << first << "+" << second;
    }
  }
}

TEST(OracleTest, AgreesWithExpectedAnswerOnLongCarries) {
  for (const size_t size : {1, 2, 9, 10, 99, 10'000}) {
    const std::string nines(size, '9');
    for (const std::string& second : {std::string("1"), nines, std::string(size, '0'), nines + "9"}) {
      for (const DigitOrder order : kOrders) {
        const ProblemFormat format = {'+', order};
        ASSERT_EQ(ExpectedAnswer({nines, second, ""}, format), OracleAnswer({nines, second, ""}, format)) << size;
      }
    }
  }
}

}  // namespace
}  // namespace tally

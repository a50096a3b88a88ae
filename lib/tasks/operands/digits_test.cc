#include "lib/tasks/operands/digits.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/random.h"
#include "lib/tasks/operands/big_integer.h"

namespace tally {
namespace {

std::string Sum(std::string a, absl::string_view b) {
  AddTo(b, &a);
  return a;
}

// a - b with its sign.
std::string Difference(absl::string_view a, absl::string_view b) {
  bool negative = false;
  const std::string digits = SubtractDigits(a, b, &negative);
  return absl::StrCat(negative ? "-" : "", digits);
}

std::string Reversed(int number) {
  const std::string text = absl::StrCat(number);
  return std::string(text.rbegin(), text.rend());
}

// Eight digits are added at a time.
TEST(DigitsTest, SumsOfAnyLengthsAreThoseOfGmp) {
  Random random(/*seed=*/4, RandomStream::kTest, 0);
  for (int i = 0; i < 4000; ++i) {
    std::string a, b;
    DrawNumber(1 + static_cast<int>(random.Below(40)), /*keep_zero=*/true, &random, &a);
    DrawNumber(1 + static_cast<int>(random.Below(40)), /*keep_zero=*/true, &random, &b);
    if (i % 2 == 0) MakeCarryChain(/*keep_zero=*/true, &random, &a, &b);
    BigInteger sum(a);
    sum.Add(BigInteger(b));
    std::string text = "12+" + a;
    AddTo(b, &text, 3);
    EXPECT_EQ(text.substr(0, 3), "12+");
    EXPECT_EQ(WithoutLeadingZeros(text.substr(3)), sum.Digits()) << a << " " << b;
  }
}

TEST(DigitsTest, SmallSums) {
  EXPECT_EQ(Sum("321", "54"), "861");  // 123 + 45 = 168
  EXPECT_EQ(Sum("54", "321"), "861");
  EXPECT_EQ(Sum("9", "1"), "01");
  EXPECT_EQ(Sum("999", "1"), "0001");
  EXPECT_EQ(Sum("1", "999"), "0001");
  EXPECT_EQ(Sum("", "05"), "05");
  EXPECT_EQ(Sum("100", "20"), "300");  // 001 + 02: zeros of the operands stay
}

TEST(DigitsTest, SmallNumbersAgreeWithTheMachine) {
  for (int a = 0; a < 200; ++a) {
    for (int b = 0; b < 200; ++b) {
      EXPECT_EQ(WithoutLeadingZeros(Sum(Reversed(a), Reversed(b))), Reversed(a + b));
      EXPECT_EQ(Difference(Reversed(a), Reversed(b)), absl::StrCat(a < b ? "-" : "", Reversed(std::abs(a - b))));
      EXPECT_EQ(MultiplyDigits(Reversed(a), Reversed(b)), Reversed(a * b));
      EXPECT_EQ(CompareDigits(Reversed(a), Reversed(b)), a < b ? -1 : a > b ? 1 : 0);
    }
  }
}

TEST(DigitsTest, RunsOfCarriesAndBorrows) {
  EXPECT_EQ(LongestCarryRun({"321", "54"}), 0);
  EXPECT_EQ(LongestCarryRun({"999", "1"}), 3);                             // 999 + 1
  EXPECT_EQ(LongestCarryRun({"90909", "10101"}), 1);                       // a carry that ends at once
  EXPECT_EQ(LongestCarryRun({"9099", "1011"}), 2);                         // the later run is the longer one
  EXPECT_EQ(LongestCarryRun({"9", "99", "99", "9"}), 2);                   // 9 + 99 + 99 + 9
  EXPECT_EQ(LongestCarryRun(std::vector<absl::string_view>(12, "9")), 2);  // 108
  EXPECT_EQ(LongestBorrowRun("0001", "1"), 3);                             // 1000 - 1
  EXPECT_EQ(LongestBorrowRun("1", "0001"), 3);                             // |1 - 1000|
  EXPECT_EQ(LongestBorrowRun("21", "11"), 0);
  EXPECT_EQ(LongestBorrowRun("012", "112"), 0);  // |210 - 211|: the larger number comes first
}

TEST(DigitsTest, RunsOfOneDigit) {
  EXPECT_EQ(LongestRepeat(""), 0);
  EXPECT_EQ(LongestRepeat("7"), 1);
  EXPECT_EQ(LongestRepeat("1221"), 2);
  EXPECT_EQ(LongestRepeat("122333"), 3);
}

// DrawWithCarryRun promises the longest run.
TEST(DigitsTest, DrawnCarryRunsAreAsLongAsAsked) {
  Random random(3, RandomStream::kProblem, 0);
  for (int i = 0; i < 200; ++i) {
    std::string a(12, '0'), b(9, '0');
    DrawWithCarryRun(i % 10, /*keep_zero=*/false, &random, &a, &b);
    EXPECT_EQ(LongestCarryRun({a, b}), i % 10) << a << " " << b;
  }
}

TEST(DigitsTest, OrdersOfTheLowestDigits) {
  EXPECT_EQ(OrderOfLowest("123", "124", 2), 0);
  EXPECT_EQ(OrderOfLowest("123", "124", 3), 2);
  EXPECT_EQ(OrderOfLowest("12", "1", 9), 1);
  EXPECT_EQ(OrderOfLowest("1", "100", 9), 0);
}

TEST(DigitsTest, CommonDigitsAreEqualAtEqualWeights) {
  Random random(1, RandomStream::kTest, 0);
  int equal = 0, all = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string first, second;
    DrawNumber(30, false, &random, &first);
    DrawNumber(20, false, &random, &second);
    MakeCommonDigits(false, &random, first, &second);
    ASSERT_NE(second.back(), '0');
    for (size_t n = 0; n < 19; ++n, ++all) equal += first[n] == second[n];
  }
  // .7 of the digits become equal, and a tenth of the others is.
  EXPECT_NEAR(static_cast<double>(equal) / all, 0.7 + 0.3 * 0.1, 0.02);
}

TEST(DigitsTest, LeadingZerosDoNotCount) {
  EXPECT_EQ(WithoutLeadingZeros("000"), "0");
  EXPECT_EQ(WithoutLeadingZeros(""), "0");
  EXPECT_EQ(WithoutLeadingZeros("0100"), "01");
  EXPECT_EQ(CompareDigits("1000", "1"), 0);
  EXPECT_EQ(Difference("10", "1000"), "0");
  EXPECT_EQ(Difference("500", "90000"), "-4");
}

TEST(DigitsTest, ACarryAndABorrowRunThroughAMillionDigits) {
  const std::string nines(1'000'000, '9'), zeros(1'000'000, '0');
  EXPECT_EQ(Sum(nines, "1"), zeros + "1");
  EXPECT_EQ(Difference(zeros + "1", "1"), nines);
}

// Products have no second implementation to compare with; their remainders do.
TEST(DigitsTest, ProductsHaveTheRightRemainders) {
  const auto remainder = [](absl::string_view digits, uint64_t modulus) {
    uint64_t rest = 0;
    for (size_t i = digits.size(); i-- > 0;) rest = (rest * 10 + (digits[i] - '0')) % modulus;
    return rest;
  };
  Random random(1, RandomStream::kTest, 0);
  for (int i = 0; i < 50; ++i) {
    std::string a(1 + random.Below(10'000), '0'), b(1 + random.Below(10'000), '0');
    for (std::string* number : {&a, &b}) {
      for (char& digit : *number) digit = static_cast<char>('0' + random.Below(10));
    }
    const std::string product = MultiplyDigits(a, b);
    for (const uint64_t prime : {999'999'937ULL, 1'000'000'007ULL, 2'147'483'647ULL}) {
      EXPECT_EQ(remainder(product, prime), remainder(a, prime) * remainder(b, prime) % prime);
    }
  }
}

}  // namespace
}  // namespace tally

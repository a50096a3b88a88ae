#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/random.h"
#include "lib/tasks/operands/digits.h"
#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(SubtractionTest, HasASign) {
  EXPECT_EQ(AnswerTo("subtraction", "123-45=", PlainOrder()), "78");
  EXPECT_EQ(AnswerTo("subtraction", "45-123=", PlainOrder()), "-78");
  EXPECT_EQ(AnswerTo("subtraction", "54-321="), "87-");
  EXPECT_EQ(AnswerTo("subtraction", "7-7="), "0");
  EXPECT_EQ(AnswerTo("subtraction", "3-2-1="), "byte 4: found '-', expected a digit or '='");
}

// The state of the last recurrence, with the digits of its own weight, is all that a token of the answer depends on.
TEST(SubtractionTest, TheStateAndTwoDigitsDecideEachToken) {
  std::map<std::vector<int>, char> tokens;
  const auto look_up = [&](const std::string& a, const std::string& b) {
    const std::string answer = AnswerTo("subtraction", absl::StrCat(a, "-", b, "=")) + "$";
    const auto digits = static_cast<int64_t>(std::max(a.size(), b.size()));
    const std::vector<uint8_t> state = States("subtraction", {a, b}, digits, 3 * answer.size()).back();
    for (size_t t = 0; t < answer.size(); ++t) {
      const bool behind_sign = t > 0 && answer[t - 1] == '-';
      const std::vector<int> seen = {t == 0,
                                     behind_sign,
                                     state[3 * t],
                                     state[3 * t + 1],
                                     state[3 * t + 2],
                                     t < a.size() ? a[t] : '0',
                                     t < b.size() ? b[t] : '0'};
      EXPECT_EQ(tokens.try_emplace(seen, answer[t]).first->second, answer[t]) << a << "-" << b << " token " << t;
    }
  };
  Random random(1, RandomStream::kTest, 0);
  std::string a, b;
  for (int i = 0; i < 20000; ++i) {
    DrawNumber(1 + static_cast<int>(random.Below(6)), true, &random, &a);
    DrawNumber(1 + static_cast<int>(random.Below(6)), true, &random, &b);
    if (i % 2 == 0) MakeExtreme(&random, &a), MakeExtreme(&random, &b);
    if (i % 3 == 0) MakeCommonDigits(true, &random, a, &b);
    look_up(a, b);
  }
}

// 1000 - 999 = 1.
TEST(SubtractionTest, TheStateGrowsByAPairOfDigits) {
  EXPECT_EQ(States("subtraction", {"0001", "999"}, 4, 6),
            std::vector<std::vector<uint8_t>>(
                {{0, 0, 0, 0, 0, 0}, {2, 0, 3, 2, 2, 0}, {2, 0, 3, 2, 2, 3}, {2, 0, 3, 2, 2, 3}, {1, 0, 1, 1, 2, 1}}));
}

TEST(SubtractionTest, MeasuresBorrows) {
  const ParsedProblem problem = {{"1000", "1"}, {}, ""};
  const std::vector<ProblemMeasure> measures = TaskNamed("subtraction").Measures(problem, PlainOrder());
  ASSERT_EQ(measures.size(), 3u);
  EXPECT_EQ(measures[2].name, "longest_borrow_run");
  EXPECT_EQ(measures[2].value, 3);
}

TEST(SubtractionTest, TheSignMayStandBeforeOrBehind) {
  for (const char* line : {"45-123=-78", "45-123=78-", "45-123=-"}) {
    std::string room;
    EXPECT_TRUE(TaskNamed("subtraction").Parse(line, PlainOrder(), &room).ok()) << line;
  }
  EXPECT_EQ(AnswerTo("subtraction", "4-5=--1"), "byte 5: found '-', expected a digit or the end of the line");
}

}  // namespace
}  // namespace tally

#include "lib/results/cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

Cell Example() {
  Cell cell;
  cell.task = "addition";
  cell.grid = "rows=30 cols=7";
  cell.first_digits = 30;
  cell.second_digits = 7;
  cell.operands = 2;
  cell.samples = 100;
  cell.samples_max = 200;
  cell.interval = 0.05;
  cell.exact = 97;
  cell.tokens = 3200;
  cell.tokens_right = 3190;
  cell.first_exact = 98;
  cell.decoding = kGenerate;
  cell.temperature = 0.7;
  cell.top_k = 5;
  cell.model = "runs/\"odd\"";
  cell.step = 1000;
  cell.recurrences = 3;
  cell.logit_factor = 1.1;
  cell.seed = 5;
  cell.trained_first_max = 20;
  cell.trained_second_max = 20;
  return cell;
}

constexpr char kExampleJson[] =
    R"({"task":"addition","problems":"","grid":"rows=30 cols=7","first_digits":30,"second_digits":7,"operands":2,)"
    R"("samples":100,"samples_max":200,"interval":0.05,"exact":97,"exact_fraction":0.97,"exact_low":0.915481,)"
    R"("exact_high":0.989745,"tokens":3200,"tokens_right":3190,"token_accuracy":0.996875,"first_exact":98,)"
    R"("decoding":"generate","temperature":0.7,"top_k":5,"model":"runs/\"odd\"","step":1000,"recurrences":3,)"
    R"("offset":-1,"logit_factor":1.1,"seed":5,"trained_first_max":20,"trained_second_max":20})";

// What --errors adds.
constexpr char kErrors[] = R"({"position":[[0,98,100]],"longest_carry_run":[[0,60,60],[2,37,40]]})";

// A line from before the later keys.
constexpr char kOldJson[] =
    R"({"task":"addition","problems":"","first_digits":30,"second_digits":7,"samples":100,"exact":97,)"
    R"("exact_fraction":0.97,"exact_low":0.915481,"exact_high":0.989745,"tokens":3200,"tokens_right":3190,)"
    R"("token_accuracy":0.996875,"model":"runs/\"odd\"","step":1000,"recurrences":3,"seed":5,)"
    R"("trained_first_max":20,"trained_second_max":20})";

TEST(CellTest, HowManyAreInTrainingIsThereWhereItWasLookedUp) {
  Cell cell = Example();
  cell.in_training = 17;
  const std::string line = CellToJson(cell);
  EXPECT_THAT(line, HasSubstr("\"first_exact\":98,\"in_training\":17,\"decoding\""));
  EXPECT_EQ(CellFromJson(line)->in_training, 17);
  EXPECT_EQ(CellFromJson(kExampleJson)->in_training, -1);
  cell.in_training = 101;
  EXPECT_THAT(std::string(CellFromJson(CellToJson(cell)).status().message()),
              HasSubstr("key in_training: found 101, expected at most samples, 100"));
}

// So that lines of usual evaluations are as before.
TEST(CellTest, WhatIsUnusualIsThereWhereItWasAsked) {
  const Cell usual = *CellFromJson(kExampleJson);
  EXPECT_EQ(usual.split, "test");
  EXPECT_EQ(usual.precision, "F32");
  EXPECT_FALSE(usual.add_index_hints || usual.accept_edits);
  EXPECT_EQ(usual.given + usual.overlap_with, "");
  Cell cell = Example();
  cell.given = "a,b/";
  cell.split = "all";
  cell.add_index_hints = true;
  cell.overlap_with = "tokens.safetensors";
  cell.precision = "BF16";
  cell.accept_edits = true;
  const std::string line = CellToJson(cell);
  EXPECT_THAT(line, HasSubstr(R"(cols=7","given":"a,b/","split":"all","add_index_hints":true,"first_digits")"));
  EXPECT_THAT(line, HasSubstr(R"("first_exact":98,"overlap_with":"tokens.safetensors","decoding")"));
  EXPECT_THAT(line, HasSubstr(R"("logit_factor":1.1,"precision":"BF16","accept_edits":true,"seed":5)"));
  EXPECT_EQ(CellToJson(*CellFromJson(line)), line);
  const std::string wrong = absl::StrReplaceAll(line, {{"hints\":true", "hints\":1"}});
  EXPECT_THAT(std::string(CellFromJson(wrong).status().message()),
              HasSubstr("key add_index_hints: found 1, expected true or false"));
}

TEST(CellTest, ErrorsComeLast) {
  Cell cell = Example();
  cell.errors = *ErrorCounts::FromJson(kErrors);
  std::string expected = kExampleJson;
  expected.replace(expected.size() - 1, 1, absl::StrCat(",\"errors\":", kErrors, "}"));
  EXPECT_EQ(CellToJson(cell), expected);
  EXPECT_EQ(CellToJson(*CellFromJson(expected)), expected);
  expected.replace(expected.rfind("[2,37,40]"), 9, "[2,41,40]");
  const absl::Status status = CellFromJson(expected).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("key errors: longest_carry_run: found [2,41,40]"));
}

TEST(WilsonIntervalTest, KnownValues) {
  EXPECT_NEAR(WilsonInterval(0, 10).high, 0.27753, 1e-5);
  EXPECT_EQ(WilsonInterval(0, 10).low, 0);
  for (int64_t n = 1; n <= 1000; ++n) {
    EXPECT_EQ(WilsonInterval(0, n).low, 0) << n;
    EXPECT_EQ(WilsonInterval(n, n).high, 1) << n;
  }
  EXPECT_NEAR(WilsonInterval(100, 100).low, 0.96301, 1e-5);
  EXPECT_EQ(WilsonInterval(100, 100).high, 1);
  EXPECT_NEAR(WilsonInterval(5, 10).low, 0.23659, 1e-5);
  EXPECT_NEAR(WilsonInterval(5, 10).high, 0.76341, 1e-5);
  EXPECT_EQ(WilsonInterval(0, 0).low, 0);
  EXPECT_EQ(WilsonInterval(0, 0).high, 1);
}

TEST(CellTest, JsonIsStable) { EXPECT_EQ(CellToJson(Example()), kExampleJson); }

TEST(CellTest, RoundTrip) {
  const absl::StatusOr<Cell> cell = CellFromJson(kExampleJson);
  ASSERT_TRUE(cell.ok()) << cell.status();
  EXPECT_EQ(CellToJson(*cell), kExampleJson);
}

TEST(CellTest, OldLinesSayWhatWasAlwaysSo) {
  const absl::StatusOr<Cell> cell = CellFromJson(kOldJson);
  ASSERT_TRUE(cell.ok()) << cell.status();
  EXPECT_EQ(cell->grid, "");
  EXPECT_EQ(cell->operands, 2);
  EXPECT_EQ(cell->samples_max, 100);
  EXPECT_EQ(cell->interval, 0);
  EXPECT_EQ(cell->first_exact, -1);
  EXPECT_EQ(cell->decoding, kTeacherForced);
  EXPECT_EQ(cell->temperature, 0);
  EXPECT_EQ(cell->offset, -1);
  EXPECT_EQ(cell->logit_factor, 1);
  // What is not known is not written.
  EXPECT_THAT(CellToJson(*cell), ::testing::Not(HasSubstr("first_exact")));
}

// A count of 2^63 and more would come back negative; a seed may have 64 bits.
TEST(CellTest, CountsHave63Bits) {
  std::string line = kExampleJson;
  const size_t place = line.find("\"step\":") + 7;
  line.replace(place, line.find(',', place) - place, "9223372036854775808");
  EXPECT_THAT(std::string(CellFromJson(line).status().message()), HasSubstr("key step: found 9223372036854775808"));
  Cell cell = Example();
  cell.seed = UINT64_MAX;
  EXPECT_EQ(CellFromJson(CellToJson(cell))->seed, UINT64_MAX);
}

TEST(CellTest, DeepLinesAreRefused) {
  EXPECT_THAT(std::string(CellFromJson(std::string(1'000'000, '[')).status().message()), HasSubstr("no JSON object"));
}

TEST(CellTest, Names) {
  Cell cell = Example();
  EXPECT_EQ(CellName(cell), "30 x 7");
  cell.operands = 5;
  EXPECT_EQ(CellName(cell), "30 x 7, 5 operands");
  cell.problems = "nines.txt";
  cell.grid = "cells_by=lengths";
  EXPECT_EQ(CellName(cell), "nines.txt, 30 x 7, 5 operands");
  cell.grid = "";
  EXPECT_EQ(CellName(cell), "nines.txt");
}

struct Refusal {
  std::string line;
  std::string message;
};

class CellRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(CellRefusal, NamesTheKey) {
  const absl::StatusOr<Cell> cell = CellFromJson(GetParam().line);
  ASSERT_EQ(ExitCodeOf(cell.status()), kExitBadInput);
  EXPECT_THAT(cell.status().message(), HasSubstr(GetParam().message));
}

std::string Replaced(const std::string& from, const std::string& to) {
  std::string text = kExampleJson;
  return text.replace(text.find(from), from.size(), to);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, CellRefusal,
    ::testing::Values(Refusal{"", "no JSON object"}, Refusal{"[1]", "no JSON object"}, Refusal{"{\"task\":", "no JSON"},
                      Refusal{Replaced("\"samples_max\":200", "\"samples_max\":99"),
                              "key samples: found 100, expected"},
                      Refusal{Replaced("\"first_exact\":98", "\"first_exact\":101"), "key first_exact: found 101"},
                      Refusal{Replaced("\"interval\":0.05", "\"interval\":\"x\""), "key interval: found \"x\""},
                      Refusal{Replaced("\"offset\":-1", "\"offset\":-2"), "key offset: found -2"},
                      Refusal{Replaced("\"decoding\":\"generate\"", "\"decoding\":1"), "key decoding: found 1"},
                      Refusal{Replaced("\"samples\":100,", ""), "key samples: found nothing"},
                      Refusal{Replaced("\"samples\":100", "\"samples\":\"x\""), "key samples: found \"x\""},
                      Refusal{Replaced("\"samples\":100", "\"samples\":-1"), "key samples: found -1"},
                      Refusal{Replaced("\"samples\":100", "\"samples\":1.5"), "key samples: found 1.5"},
                      Refusal{Replaced("\"exact\":97", "\"exact\":101"), "key exact: found 101, expected at most"},
                      Refusal{Replaced("\"tokens_right\":3190", "\"tokens_right\":3201"), "key tokens_right"},
                      Refusal{Replaced("\"model\":\"runs/\\\"odd\\\"\"", "\"model\":3"), "key model: found 3"}));

TEST(ReadCellsTest, NamesFileAndLine) {
  const std::string path = ::testing::TempDir() + "/cells.jsonl";
  ASSERT_TRUE(WriteFile(path, std::string(kExampleJson) + "\nnonsense\n").ok());
  EXPECT_THAT(ReadCells(path).status().message(), HasSubstr("cells.jsonl:2: "));
  ASSERT_TRUE(WriteFile(path, "").ok());
  EXPECT_EQ(ExitCodeOf(ReadCells(path).status()), kExitBadInput);
}

TEST(WrongAnswerTest, JsonIsStable) {
  Cell cell;
  cell.first_digits = 3;
  cell.second_digits = 2;
  cell.operands = 2;
  cell.recurrences = 4;
  EXPECT_EQ(WrongAnswerToJson(cell, {7, "321+54=", "573", "5\"74", false, false, {}}),
            R"({"problems":"","first_digits":3,"second_digits":2,"operands":2,"recurrences":4,"sample":7,)"
            R"("problem":"321+54=","expected":"573","got":"5\"74","ended":false})");
}

TEST(LoggedAnswerTest, TokensAreListsSideBySide) {
  LoggedAnswer answer = {0, "1+1=", "2", "31", true, false, {}};
  answer.tokens = {{"2", "3", -0.123456, -2}, {"[EOS]", "1", -1e-9, -7}, {"", "[EOS]", -1, {}}};
  EXPECT_THAT(AnswerToJson(Cell(), answer),
              ::testing::EndsWith(R"("got":"31","ended":true,"exact":false,"right_tokens":["2","[EOS]"],)"
                                  R"("predicted_tokens":["3","1","[EOS]"],"log_probabilities":[-0.1235,0.0,-1.0],)"
                                  R"("right_log_probabilities":[-2.0,-7.0]})"));
}

TEST(CellTest, SeveralTasksAreNamed) {
  Cell cell = Example();
  cell.task = "sorting";
  cell.tasks = "addition,sorting";
  EXPECT_THAT(CellToJson(cell), HasSubstr("{\"task\":\"sorting\",\"tasks\":\"addition,sorting\",\"problems\":"));
  EXPECT_EQ(CellToJson(*CellFromJson(CellToJson(cell))), CellToJson(cell));
  EXPECT_THAT(CellName(cell), ::testing::StartsWith("sorting, "));
  EXPECT_THAT(WrongAnswerToJson(cell, {}), ::testing::StartsWith("{\"task\":\"sorting\",\"problems\":"));
}

}  // namespace
}  // namespace tally

#include "lib/results/cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

Cell Example() {
  Cell cell;
  cell.task = "addition";
  cell.first_digits = 30;
  cell.second_digits = 7;
  cell.samples = 100;
  cell.exact = 97;
  cell.tokens = 3200;
  cell.tokens_right = 3190;
  cell.model = "runs/\"odd\"";
  cell.step = 1000;
  cell.recurrences = 3;
  cell.seed = 5;
  cell.trained_first_max = 20;
  cell.trained_second_max = 20;
  return cell;
}

constexpr char kExampleJson[] =
    R"({"task":"addition","problems":"","first_digits":30,"second_digits":7,"samples":100,"exact":97,)"
    R"("exact_fraction":0.97,"exact_low":0.915481,"exact_high":0.989745,"tokens":3200,"tokens_right":3190,)"
    R"("token_accuracy":0.996875,"model":"runs/\"odd\"","step":1000,"recurrences":3,"seed":5,)"
    R"("trained_first_max":20,"trained_second_max":20})";

TEST(WilsonIntervalTest, KnownValues) {
  EXPECT_NEAR(WilsonInterval(0, 10).high, 0.27753, 1e-5);
  EXPECT_EQ(WilsonInterval(0, 10).low, 0);
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

TEST(SummaryTest, ApartInAndOutOfDistribution) {
  Cell inside = Example();
  inside.first_digits = 20;
  inside.exact = 100;
  Cell outside = Example();
  Cell long_one = Example();
  long_one.first_digits = 100;
  long_one.exact = 50;
  Cell given = Example();
  given.problems = "nines.txt";
  given.exact = 1;
  EXPECT_EQ(Summary({inside, outside, long_one, given}),
            "in distribution (at most 20 and 20 digits): 100 of 100 exact, 100.00 % (95 % interval 96.30..100.00 %), "
            "1 cells, worst 100.0 %\n"
            "out of distribution (longer operands): 147 of 200 exact, 73.50 % (95 % interval 66.98..79.13 %), "
            "2 cells, worst 50.0 %\n"
            "of these, 100 digits or more: 50 of 100 exact, 50.00 % (95 % interval 40.38..59.62 %), "
            "1 cells, worst 50.0 %\n"
            "nines.txt: 1 of 100 exact, 1.00 % (95 % interval 0.18..5.45 %), 1 cells, worst 1.0 %\n");
}

}  // namespace
}  // namespace tally

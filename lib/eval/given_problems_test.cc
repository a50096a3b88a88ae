#include "lib/eval/given_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ProblemFormat FormatOf(absl::string_view task) {
  ProblemFormat format;
  format.task = &TaskNamed(task);
  return format;
}

std::string Write(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::create_directories(path.parent_path());
  EXPECT_TRUE(WriteFile(path.string(), text).ok());
  return path.string();
}

// "2 x 1: 12+3=42 ..." of each cell, behind the task where there are several; the message of an error.
std::vector<std::string> Cells(const std::vector<std::string>& words, CellsBy by,
                               const std::vector<ProblemFormat>& formats = {FormatOf("addition")},
                               bool add_index_hints = false) {
  absl::StatusOr<GivenCells> given =
      ReadGivenProblems({words, "all", by, add_index_hints}, formats, *Vocabulary::ByName("all"));
  if (!given.ok()) return {std::string(given.status().message())};
  std::vector<std::string> texts;
  for (GivenCell& cell : given->cells) {
    std::vector<ScoreLine> lines;
    EXPECT_TRUE(cell.problems.AppendTo(0, cell.problems.count(), 0, &lines).ok());
    texts.push_back(formats.size() > 1 ? absl::StrCat(formats[cell.format].task->name(), ", ") : "");
    if (!cell.file.empty()) absl::StrAppend(&texts.back(), std::filesystem::path(cell.file).filename().string());
    absl::StrAppend(&texts.back(), cell.lengths.first, " x ", cell.lengths.second, " x ", cell.lengths.operands, ": ",
                    absl::StrJoin(lines, " ", [](std::string* out, const ScoreLine& line) { out->append(line.text); }));
  }
  return texts;
}

TEST(GivenProblemsTest, CellsByLengthsOverAllFiles) {
  const std::string a = Write("a.txt", "12+3=42\n99+1=\n3+12=\n"), b = Write("b.txt", "21+4=61\n");
  EXPECT_THAT(Cells({a, b}, CellsBy::kLengths),
              ElementsAre("1 x 2 x 2: 3+12=42", "2 x 1 x 2: 12+3=42 99+1=001 21+4=61"));
}

TEST(GivenProblemsTest, SumsOfSeveralNumbersAreAsLongAsTheLongest) {
  const std::string sums = Write("sums.txt", "1+22+1=42\n22+1=32\n1+1+1+1=4\n");
  EXPECT_THAT(Cells({sums}, CellsBy::kLengths),
              ElementsAre("1 x 1 x 4: 1+1+1+1=4", "2 x 2 x 2: 22+1=32", "2 x 2 x 3: 1+22+1=42"));
}

TEST(GivenProblemsTest, TasksCountTheirOwnLengths) {
  EXPECT_THAT(Cells({Write("sort.txt", "A:21,B:3,C:1=C,B,A\n")}, CellsBy::kLengths, {FormatOf("sorting")}),
              ElementsAre("2 x 3 x 2: A:21,B:3,C:1=C,B,A"));
  const std::string mixture = Write("mixture.txt", "12+3=42\n#01=\n9+1=\n");
  EXPECT_THAT(Cells({mixture}, CellsBy::kLengths, {FormatOf("copy"), FormatOf("addition"), FormatOf("parity")}),
              ElementsAre("addition, 1 x 1 x 2: 9+1=01", "addition, 2 x 1 x 2: 12+3=42", "parity, 2 x 2 x 1: #01=1"));
  EXPECT_THAT(Cells({mixture}, CellsBy::kLengths), ElementsAre(HasSubstr("mixture.txt:2: byte 1: ")));
}

TEST(GivenProblemsTest, ACellForEachFile) {
  const std::string a = Write("a.txt", "12+3=42\n1+1=2\n"), b = Write("b.txt", "2+2=4\n");
  EXPECT_THAT(Cells({a, b}, CellsBy::kFile), ElementsAre("a.txt0 x 0 x 0: 12+3=42 1+1=2", "b.txt0 x 0 x 0: 2+2=4"));
}

// The reference's plain test sets have operands of up to n and m digits.
TEST(GivenProblemsTest, CellsByTheNameOfTheFolder) {
  Write("set/+_n_3_m_1_examples_100_diff_lens_seed_42/lines.txt", "12+3=42\n123+4=523\n");
  Write("set/or_one_vec_zeros_3_12/lines.txt", "1+1=2\n");
  EXPECT_THAT(Cells({::testing::TempDir() + "/set"}, CellsBy::kFolder),
              ElementsAre("3 x 1 x 2: 12+3=42 123+4=523", "3 x 12 x 2: 1+1=2"));
}

TEST(GivenProblemsTest, NamesThatHaveLengths) {
  const auto found = [](const std::string& path) {
    const auto lengths = LengthsInName(path);
    return lengths.ok() ? absl::StrCat(lengths->first, " x ", lengths->second) : "none";
  };
  EXPECT_EQ(found("x_grid_2/x_n_4_m_15_examples_100_diff_lens_exact_seed_91/hf_tokenized_dataset/test/data.arrow"),
            "4 x 15");
  EXPECT_EQ(found("sort_reverse/sort_basic_max_digits_n_7_max_length_m_30_200_p_00_reverse_all/a.txt"), "7 x 30");
  EXPECT_EQ(found("+_n_1_m_2/positional_arithmetic_n_3_m_4.txt"), "3 x 4");
  EXPECT_EQ(found("or_one_vec_zeros_26_40/data-00000-of-00001.arrow"), "26 x 40");
  EXPECT_EQ(found("n_1_m_2/x_n_3_m_4.txt.gz"), "3 x 4");
  EXPECT_EQ(found("zeros_3_7.txt.zst"), "3 x 7");
  EXPECT_EQ(found("zeros_3_7.gz"), "3 x 7");
  EXPECT_EQ(found("zeros_3_7.problems"), "3 x 7");
  for (const char* path : {"a/b.txt", "n_3.txt", "lines_5.txt", "n_0_m_3.txt", "in_3_m_4", "n_3_m_4567890"}) {
    EXPECT_EQ(found(path), "none") << path;
  }
  EXPECT_THAT(Cells({Write("plain.txt", "1+1=2\n")}, CellsBy::kFolder),
              ElementsAre(HasSubstr("plain.txt:1: found no lengths in the names")));
}

TEST(GivenProblemsTest, SpacesAreTakenOutWhereTheModelHasNone) {
  const std::string spaced = Write("spaced.txt", "12 + 3 = 42\n1  2+3=42\n");
  EXPECT_THAT(Cells({spaced}, CellsBy::kLengths), ElementsAre("2 x 1 x 2: 12+3=42 12+3=42"));
  ProblemFormat with_spaces = FormatOf("addition");
  with_spaces.spaces = true;
  EXPECT_THAT(Cells({spaced}, CellsBy::kLengths, {with_spaces}), ElementsAre("2 x 1 x 2: 12 + 3 =42 1  2+3=42"));
}

ProblemFormat WithHints(absl::string_view task) {
  ProblemFormat format = FormatOf(task);
  format.index_hints = true;
  return format;
}

// The answer of a sum has the hints of its operands; that of an array is of labels, which have none.
TEST(GivenProblemsTest, AnswersHaveTheHintsOfTheirLines) {
  EXPECT_THAT(Cells({Write("sum.txt", "C1D2+C3=C4D2\nz9!9+z1=\n")}, CellsBy::kLengths, {WithHints("addition")}),
              ElementsAre("2 x 1 x 2: C1D2+C3=C4D2 z9!9+z1=z0!0@1"));
  EXPECT_THAT(Cells({Write("array.txt", "p:A4B1,q:A7=\n")}, CellsBy::kLengths, {WithHints("sorting")}),
              ElementsAre("2 x 2 x 2: p:A4B1,q:A7=q,p"));
}

// In lines that have none, as the reference's test sets: the cells are those of the plain lines.
TEST(GivenProblemsTest, AddsHintsToPlainLines) {
  const auto cells = [](const std::string& text, const std::vector<ProblemFormat>& formats) {
    return Cells({Write("plain.txt", text)}, CellsBy::kLengths, formats, true);
  };
  EXPECT_THAT(cells("12 + 3 = 42\n99+1=001\n5+5=\n", {WithHints("addition")}),
              ElementsAre("1 x 1 x 2: A5+A5=A0B1", "2 x 1 x 2: A1B2+A3=A4B2 A9B9+A1=A0B0C1"));
  EXPECT_THAT(cells("12-3=\n3-12=\n", {WithHints("subtraction")}),
              ElementsAre("1 x 2 x 2: A3-A1B2=A8B1C-", "2 x 1 x 2: A1B2-A3=A8B1"));
  EXPECT_THAT(cells(",:41,::7=\n", {WithHints("sorting")}), ElementsAre("2 x 2 x 2: ,:A4B1,::A7=:,,"))
      << "labels may be any hint";
  EXPECT_THAT(cells("1+2=3\n#01=\n", {WithHints("addition"), FormatOf("parity")}),
              ElementsAre("addition, 1 x 1 x 2: A1+A2=A3", "parity, 2 x 2 x 1: #01=1"));
}

TEST(GivenProblemsTest, HintsThatDoNotFitAreRefused) {
  const std::string plain = Write("p.txt", "1+1=2\n"), hinted = Write("h.txt", "A1+A1=A2\n");
  EXPECT_THAT(
      Cells({plain}, CellsBy::kLengths, {FormatOf("addition")}, true),
      ElementsAre("--add_index_hints: found a model whose lines have no index hints, expected one that has them"));
  EXPECT_THAT(Cells({hinted}, CellsBy::kLengths, {WithHints("addition")}, true),
              ElementsAre(HasSubstr("; --add_index_hints is for lines without hints")));
  EXPECT_THAT(Cells({plain}, CellsBy::kLengths, {WithHints("addition")}),
              ElementsAre(HasSubstr("; --add_index_hints reads lines without hints")));
  EXPECT_THAT(Cells({Write("w.txt", "1+1=3\n")}, CellsBy::kLengths, {WithHints("addition")}, true),
              ElementsAre(HasSubstr("w.txt:1: found the answer 3, expected 2")));
}

// Another problem, order of problems or cell is another hash; how they are packed into files is not.
TEST(GivenProblemsTest, TheHashIsThatOfTheCells) {
  const auto hash = [](const std::vector<std::string>& words, CellsBy by = CellsBy::kLengths) {
    return ReadGivenProblems({words, "all", by}, {FormatOf("addition")}, *Vocabulary::ByName("all"))->hash;
  };
  const std::string a = Write("h/n_2_m_1/a.txt", "12+3=42\n99+1=\n"), b = Write("h/b.txt", "3+12=42\n");
  const std::string one = Write("h/one.txt", "12 + 3 = 42\n99+1=001\n3+12=\n");
  const std::string order = Write("h/order.txt", "99+1=\n12+3=42\n3+12=\n");
  EXPECT_EQ(hash({a, b}), hash({one}));
  EXPECT_EQ(hash({a}), hash({a}, CellsBy::kFolder));
  EXPECT_EQ(hash({a, b}), hash({b, a}));
  EXPECT_NE(hash({a, b}), hash({order}));
  EXPECT_NE(hash({a, b}), hash({a}));
  EXPECT_NE(hash({a}), hash({a}, CellsBy::kFile));
}

TEST(GivenProblemsTest, RefusesWrongAnswersByLine) {
  EXPECT_THAT(Cells({Write("wrong.txt", "1+1=2\n12+3=43\n")}, CellsBy::kLengths),
              ElementsAre(HasSubstr("wrong.txt:2: found the answer 43, expected 42")));
  EXPECT_EQ(ExitCodeOf(ParseCellsBy("length").status()), kExitUsage);
  EXPECT_THAT(ParseCellsBy("folders").status().message(), HasSubstr("did you mean folder?"));
}

}  // namespace
}  // namespace tally

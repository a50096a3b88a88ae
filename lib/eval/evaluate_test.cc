#include "lib/eval/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/tokenize_problems.h"
#include "lib/eval/run_for_test.h"
#include "lib/results/merge.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string Path(const std::string& name) { return absl::StrCat(::testing::TempDir(), "/", name); }

EvaluateOptions Square(const std::string& run) {
  EvaluateOptions options;
  options.flags.mutable_inference()->set_model(run);
  options.grid = *ParseGrid("rows=1..4 cols=1,3,5");
  options.flags.set_samples(7);
  options.flags.set_threads(1);
  return options;
}

// All problems that are given to it are scored.
EvaluateOptions GivenTo(const std::string& run) {
  EvaluateOptions options = Square(run);
  options.flags.clear_samples();
  return options;
}

std::string Evaluated(EvaluateOptions options) {
  options.flags.set_out(Path("cells.jsonl"));
  const absl::Status status = Evaluate(options);
  EXPECT_TRUE(status.ok()) << status;
  return *ReadFile(options.flags.out());
}

std::vector<Cell> CellsIn(const std::string& text) {
  EXPECT_TRUE(WriteFile(Path("read.jsonl"), text).ok());
  return *ReadCells(Path("read.jsonl"));
}

TEST(EvaluateTest, ShardsMergedAreTheWhole) {
  EvaluateOptions options = Square(MakeRunForTest("shards"));
  for (const char* grid : {"rows=1..4 cols=1,3,5", "rows=2,4 operands=2..4", "rows=1..2 cols=1..2 recurrences=1,2,5"}) {
    options.grid = *ParseGrid(grid);
    options.shard = {0, 1};
    const std::string whole = Evaluated(options);
    for (const int64_t count : {2, 5, 20}) {
      std::vector<std::string> files;
      for (int64_t i = 0; i < count; ++i) {
        options.shard = {i, count};
        files.push_back(Path(absl::StrCat("shard", i, ".jsonl")));
        ASSERT_TRUE(WriteFile(files.back(), Evaluated(options)).ok());
      }
      ASSERT_TRUE(MergeCells(files, Path("merged.jsonl")).ok());
      EXPECT_EQ(*ReadFile(Path("merged.jsonl")), whole) << grid << ", " << count << " shards";
      EXPECT_EQ(ExitCodeOf(MergeCells({files[0]}, Path("merged.jsonl"))), kExitBadInput);
    }
  }
}

TEST(EvaluateTest, CellsDoNotDependOnBatchesThreadsOrOtherCells) {
  const std::string run = MakeRunForTest("batches");
  const std::string whole = Evaluated(Square(run));
  EvaluateOptions options = Square(run);
  options.flags.set_batch_tokens(1);
  EXPECT_EQ(Evaluated(options), whole);
  options.flags.set_threads(3);
  EXPECT_EQ(Evaluated(options), whole);
  options.grid = *ParseGrid("rows=2 cols=3");
  Cell alone = CellsIn(Evaluated(options))[0];
  alone.grid = GridText(Square(run).grid);
  EXPECT_THAT(whole, HasSubstr(CellToJson(alone)));
}

TEST(EvaluateTest, AnOffsetMovesATableOfDigits) {
  EvaluateOptions options = Square(MakeRunForTest("no_table"));
  options.flags.mutable_inference()->set_offset(3);
  const absl::Status status = Evaluate(options);
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(status.message(), HasSubstr("the model's table is NO_TABLE"));
}

TEST(EvaluateTest, CellsSayWhereTheyComeFrom) {
  const ModelConfig config = ConfigWith(Recipe(), "positions { table: ABACUS }");
  const std::string run = MakeRunForTest("cells", {ProblemFormat()}, config);
  EvaluateOptions options = Square(run);
  options.grid.recurrences = {5};
  options.flags.mutable_inference()->set_offset(3);
  options.flags.mutable_inference()->set_precision("bf16");
  options.flags.mutable_inference()->set_accept_edits(true);
  const std::vector<Cell> cells = CellsIn(Evaluated(options));
  ASSERT_EQ(cells.size(), 12);
  EXPECT_EQ(cells[4].grid, "rows=1..4 cols=1..5:2 recurrences=5");
  EXPECT_EQ(cells[4].first_digits, 2);
  EXPECT_EQ(cells[4].second_digits, 3);
  EXPECT_EQ(cells[4].operands, 2);
  EXPECT_EQ(cells[4].samples, 7);
  EXPECT_EQ(cells[4].step, 12);
  EXPECT_EQ(cells[4].recurrences, 5);
  EXPECT_EQ(cells[4].offset, 3);
  EXPECT_EQ(cells[4].model, run);
  EXPECT_EQ(cells[4].precision, "BF16");
  EXPECT_TRUE(cells[4].accept_edits);
  EXPECT_EQ(cells[4].trained_first_max, 3);
  EXPECT_GE(cells[4].first_exact, cells[4].exact);
}

// Counts of several recurrences at once are those of each alone.
TEST(EvaluateTest, ThinkingCurves) {
  EvaluateOptions options = Square(MakeRunForTest("thinking"));
  options.grid = *ParseGrid("rows=1..2 cols=1..2 recurrences=1,2,4");
  options.flags.set_samples(40);
  const std::vector<Cell> together = CellsIn(Evaluated(options));
  ASSERT_EQ(together.size(), 12);
  std::set<int64_t> different;
  for (const int64_t count : {1, 2, 4}) {
    options.grid.recurrences = {count};
    const std::vector<Cell> alone = CellsIn(Evaluated(options));
    for (size_t i = 0; i < alone.size(); ++i) {
      const Cell& same = together[3 * i + (count == 1 ? 0 : count == 2 ? 1 : 2)];
      EXPECT_EQ(alone[i].recurrences, same.recurrences);
      EXPECT_EQ(alone[i].tokens_right, same.tokens_right);
      EXPECT_EQ(alone[i].exact, same.exact);
    }
    different.insert(alone[3].tokens_right);
  }
  EXPECT_GT(different.size(), 1) << "counts that change nothing say nothing";
}

// Token by token, with a cache and without, the same answers are exact as by teacher-forced scoring.
TEST(EvaluateTest, GenerationAgreesWithScoring) {
  EvaluateOptions options = Square(MakeRunForTest("generation"));
  options.grid = *ParseGrid("rows=1..2 cols=1..2");
  options.flags.set_samples(60);
  const std::vector<Cell> scored = CellsIn(Evaluated(options));
  int64_t exact = 0;
  for (const char* decoding : {kGenerate, kGenerateWithoutCache}) {
    options.flags.set_decoding(decoding);
    const std::vector<Cell> generated = CellsIn(Evaluated(options));
    for (size_t i = 0; i < scored.size(); ++i) {
      EXPECT_EQ(generated[i].decoding, decoding);
      EXPECT_EQ(generated[i].exact, scored[i].exact);
      EXPECT_EQ(generated[i].first_exact, scored[i].first_exact);
      EXPECT_EQ(generated[i].tokens, scored[i].tokens);
      exact += scored[i].first_exact;
    }
  }
  EXPECT_GT(exact, 0) << "nothing right says nothing";
  options.flags.mutable_inference()->set_temperature(3);
  EXPECT_EQ(CellsIn(Evaluated(options))[0].temperature, 3);
}

// A cell stopped early has the first of the problems that a whole one has.
TEST(EvaluateTest, IntervalStopsEarlyOnTheSameProblems) {
  EvaluateOptions options = Square(MakeRunForTest("interval"));
  options.grid = *ParseGrid("rows=4 cols=4");
  options.flags.set_samples(500);
  options.flags.set_interval(0.1);
  options.flags.set_log_samples(Path("early.jsonl"));
  const Cell early = CellsIn(Evaluated(options))[0];
  EXPECT_LT(early.samples, 500);
  EXPECT_EQ(early.samples_max, 500);
  const Interval interval = WilsonInterval(early.exact, early.samples);
  EXPECT_LE(interval.high - interval.low, 0.2);
  options.flags.set_interval(0);
  options.flags.set_log_samples(Path("whole.jsonl"));
  Evaluated(options);
  const std::string first = *ReadFile(Path("early.jsonl"));
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(ReadFile(Path("whole.jsonl"))->substr(0, first.size()), first);
  options.flags.set_samples(500);
  options.flags.set_interval(0.1);
  options.flags.set_batch_tokens(1);
  EXPECT_EQ(CellsIn(Evaluated(options))[0].samples, early.samples);
}

TEST(EvaluateTest, LogHasEveryWrongAnswer) {
  EvaluateOptions options = Square(MakeRunForTest("log"));
  options.grid = *ParseGrid("rows=1..2 cols=1 recurrences=1,3");
  options.flags.set_samples(30);
  options.flags.set_log_samples(Path("wrong.jsonl"));
  int64_t wrong = 0;
  for (const Cell& cell : CellsIn(Evaluated(options))) wrong += cell.samples - cell.exact;
  const std::string log = *ReadFile(options.flags.log_samples());
  EXPECT_GT(wrong, 0);
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), wrong);
  EXPECT_THAT(log,
              HasSubstr("{\"problems\":\"\",\"first_digits\":1,\"second_digits\":1,\"operands\":2,\"recurrences\":1,"));
  // Greedy answers are what generation gives.
  options.flags.set_decoding(kGenerate);
  options.flags.set_log_samples(Path("generated.jsonl"));
  Evaluated(options);
  EXPECT_EQ(*ReadFile(options.flags.log_samples()), log);
}

// A problem that the data have is known in any order of its operands.
TEST(EvaluateTest, CountsProblemsOfTheTrainingData) {
  TokenizeOptions data;
  data.flags.add_in(Path("training.txt"));
  data.flags.set_out(Path("training.safetensors"));
  ASSERT_TRUE(WriteFile(data.flags.in(0), "1+2=3\n7+7=41\n12+1=22\n").ok());
  ASSERT_TRUE(TokenizeProblems(data).ok());
  ASSERT_TRUE(WriteFile(Path("asked.txt"), "1+2=\n2+1=\n7+7=\n7+8=\n1+12=\n21+1=\n").ok());
  EvaluateOptions options = GivenTo(MakeRunForTest("overlap"));
  options.flags.add_problems(Path("asked.txt"));
  options.flags.set_cells_by("file");
  EXPECT_EQ(CellsIn(Evaluated(options))[0].in_training, -1);
  options.flags.set_overlap_with(data.flags.out());
  const Cell cell = CellsIn(Evaluated(options))[0];
  EXPECT_EQ(cell.in_training, 4);
  EXPECT_EQ(cell.overlap_with, data.flags.out());
  options.flags.set_overlap_with(Path("absent.safetensors"));
  EXPECT_EQ(ExitCodeOf(Evaluate(options)), kExitMissingInput);
}

// Tokens, answers and ends are counted once each, however answers are judged.
TEST(EvaluateTest, ErrorsAddUpToTheCell) {
  EvaluateOptions options = Square(MakeRunForTest("errors"));
  options.grid = *ParseGrid("rows=2 cols=3");
  options.flags.set_samples(50);
  options.flags.set_errors(true);
  for (const char* decoding : {kTeacherForced, kGenerate}) {
    options.flags.set_decoding(decoding);
    const Cell cell = CellsIn(Evaluated(options))[0];
    std::map<std::string, ErrorCounts::Count> sums;
    for (const auto& [name, by_value] : cell.errors.measures()) {
      for (const auto& [value, count] : by_value) {
        sums[name].right += count.right;
        sums[name].all += count.all;
      }
    }
    EXPECT_EQ(sums[kTokenMeasure].all + sums[kEndMeasure].all, cell.tokens) << decoding;
    EXPECT_EQ(sums[kTokenMeasure].right + sums[kEndMeasure].right, cell.tokens_right) << decoding;
    EXPECT_EQ(sums[kFirstWrongMeasure].all, cell.samples - cell.exact) << decoding;
    EXPECT_EQ(sums["longest_carry_run"].all, cell.samples) << decoding;
    EXPECT_EQ(sums["longest_carry_run"].right, cell.exact) << decoding;
  }
}

TEST(EvaluateTest, AnswersOfTheFirstProblemsOfACell) {
  EvaluateOptions options = Square(MakeRunForTest("answers"));
  options.grid = *ParseGrid("rows=1..2 cols=1 recurrences=1,3");
  options.flags.set_log_answers(Path("answers.jsonl"));
  options.flags.set_answers_a_cell(2);
  const std::string cells = Evaluated(options);
  const std::string log = *ReadFile(options.flags.log_answers());
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2 * 2 * 2);
  EXPECT_THAT(log, HasSubstr("\"sample\":1,"));
  EXPECT_THAT(log, ::testing::Not(HasSubstr("\"sample\":2,")));
  EXPECT_THAT(log, HasSubstr("\"right_log_probabilities\":[-"));
  options.flags.set_answers_a_cell(0);
  EXPECT_EQ(Evaluated(options), cells);
  const std::string all = *ReadFile(options.flags.log_answers());
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2 * 7 * 2);
}

// Evaluates into a cells.jsonl that cannot be made, in place of the one that is there: all is left in its .partial,
// which is returned.
std::string StoppedAtItsEnd(EvaluateOptions* options) {
  EXPECT_EQ(remove(Path("cells.jsonl").c_str()), 0);
  SetFileFaultHookForTest(
      [](absl::string_view step, const std::string&) { return step == "rename" ? IoError("no") : absl::OkStatus(); });
  options->flags.set_out(Path("cells.jsonl"));
  EXPECT_EQ(ExitCodeOf(Evaluate(*options)), kExitIoError);
  SetFileFaultHookForTest(nullptr);
  return *ReadFile(Path("cells.jsonl.partial"));
}

// An unfinished file of another process is taken as it is, and the end is the same.
TEST(EvaluateTest, FinishedCellsAreNotScoredAgain) {
  EvaluateOptions options = Square(MakeRunForTest("restart"));
  options.flags.set_errors(true);
  options.flags.set_log_samples(Path("restart.log"));
  const std::string whole = Evaluated(options), log = *ReadFile(options.flags.log_samples());
  std::string partial = StoppedAtItsEnd(&options);
  const size_t last = partial.rfind("done\n", partial.size() - 6) + 5;
  const size_t change = partial.find("\"samples\":7");
  ASSERT_TRUE(
      WriteFile(Path("cells.jsonl.partial"), partial.replace(change, 11, "\"samples\":6").substr(0, last + 9)).ok());
  std::string expected = whole;
  expected.replace(expected.find("\"samples\":7"), 11, "\"samples\":6");
  EXPECT_EQ(Evaluated(options), expected);
  EXPECT_EQ(*ReadFile(options.flags.log_samples()), log);
}

// A run of sums, arrays and parities.
std::string MixedRun(const std::string& name) {
  std::vector<ProblemFormat> formats(3);
  formats[1].task = &TaskNamed("sorting");
  formats[2].task = &TaskNamed("parity");
  return MakeRunForTest(name, formats);
}

absl::Status EvaluateFile(const std::string& text) {
  std::ofstream(Path("given.txt")) << text;
  EvaluateOptions options = GivenTo(MakeRunForTest("given"));
  options.flags.add_problems(Path("given.txt"));
  options.flags.set_cells_by("file");
  options.flags.set_out(Path("given.jsonl"));
  return Evaluate(options);
}

TEST(EvaluateTest, GivenProblemsWithAndWithoutAnswers) {
  ASSERT_TRUE(EvaluateFile("12+3=42\n99+1=\n9+99=801\n").ok());
  const std::vector<Cell> cells = *ReadCells(Path("given.jsonl"));
  ASSERT_EQ(cells.size(), 1);
  EXPECT_EQ(cells[0].samples, 3);
  EXPECT_EQ(cells[0].samples_max, 3);
  EXPECT_EQ(cells[0].grid, "");
  EXPECT_EQ(cells[0].operands, 0);
  EXPECT_EQ(cells[0].tokens, 3 + 4 + 4);
}

// Problems of a grid's cells, given as a file, are cells of the same lengths; the order of lines does not matter.
TEST(EvaluateTest, GivenProblemsAreCellsOfTheirLengths) {
  EvaluateOptions options = GivenTo(MakeRunForTest("given_lengths"));
  options.flags.add_problems(Path("lengths.txt"));
  ASSERT_TRUE(WriteFile(Path("lengths.txt"), "1+1=2\n12+3=42\n2 + 2 = 4\n").ok());
  const std::vector<Cell> cells = CellsIn(Evaluated(options));
  ASSERT_EQ(cells.size(), 2);
  EXPECT_EQ(CellName(cells[0]), absl::StrCat(Path("lengths.txt"), ", 1 x 1"));
  EXPECT_EQ(cells[0].samples, 2);
  EXPECT_EQ(cells[0].samples_max, 2);
  EXPECT_EQ(cells[0].grid, "cells_by=lengths");
  EXPECT_EQ(cells[1].first_digits, 2);
  EXPECT_EQ(cells[1].second_digits, 1);
  EXPECT_EQ(cells[1].tokens, 3);
}

// What `problems` does not say of one file of several, so that the evaluation can be repeated.
TEST(EvaluateTest, CellsOfFilesSayWhatWasGiven) {
  EvaluateOptions options = GivenTo(MakeRunForTest("given_words"));
  options.flags.set_cells_by("file");
  options.flags.add_problems(Path("one.txt"));
  options.flags.set_split("all");
  ASSERT_TRUE(WriteFile(Path("one.txt"), "1+1=2\n").ok());
  const Cell alone = CellsIn(Evaluated(options))[0];
  EXPECT_EQ(alone.given, "");
  EXPECT_EQ(alone.split, "all");
  options.flags.add_problems(Path("two.txt"));
  ASSERT_TRUE(WriteFile(Path("two.txt"), "1+2=3\n").ok());
  const std::vector<Cell> cells = CellsIn(Evaluated(options));
  ASSERT_EQ(cells.size(), 2);
  for (const Cell& cell : cells) EXPECT_EQ(cell.given, absl::StrCat(Path("one.txt"), ",", Path("two.txt")));
  EXPECT_EQ(cells[1].problems, Path("two.txt"));
}

// The result of `options` in so many shards, merged.
std::string Merged(EvaluateOptions options, int64_t count) {
  std::vector<std::string> files;
  for (int64_t i = count; i-- > 0;) {
    options.shard = {i, count};
    files.push_back(Path(absl::StrCat("shard", i, ".jsonl")));
    EXPECT_TRUE(WriteFile(files.back(), Evaluated(options)).ok());
  }
  const absl::Status status = MergeCells(files, Path("merged.jsonl"));
  EXPECT_TRUE(status.ok()) << status;
  return *ReadFile(Path("merged.jsonl"));
}

// Problems of all lengths, some cells larger than others, in two files whose names have lengths.
void AddGiven(EvaluateOptions* options) {
  std::string small = "#0110=\n", large;
  for (int64_t i = 1; i < 200; i = 3 * i / 2 + 1) absl::StrAppend(&small, i, "+", 7 * i, "=\n");
  for (int64_t i = 1; i < 40; ++i) absl::StrAppend(&large, "5+", i * i, "=\n");
  if (options->flags.inference().model() == Path("given_alone")) small = small.substr(small.find('\n') + 1);
  ASSERT_TRUE(WriteFile(Path("g_2_3.txt"), small).ok());
  ASSERT_TRUE(WriteFile(Path("g_1_4.txt"), large).ok());
  options->flags.add_problems(Path("g_2_3.txt"));
  options->flags.add_problems(Path("g_1_4.txt"));
}

TEST(EvaluateTest, GivenShardsMergedAreTheWhole) {
  for (const std::string& run : {MakeRunForTest("given_alone"), MixedRun("given_shards")}) {
    EvaluateOptions options = GivenTo(run);
    AddGiven(&options);
    for (const char* by : {"lengths", "folder", "file"}) {
      for (const std::vector<int64_t>& counts : {std::vector<int64_t>{}, std::vector<int64_t>{1, 3}}) {
        options.flags.set_cells_by(by);
        options.grid.recurrences = counts;
        options.shard = {0, 1};
        const std::string whole = Evaluated(options);
        for (const int64_t count : {1, 2, 3, 20}) EXPECT_EQ(Merged(options, count), whole) << by << ", " << count;
      }
    }
  }
}

// A shard that was stopped goes on with the same problems only.
TEST(EvaluateTest, AGivenShardContinues) {
  EvaluateOptions options = GivenTo(MakeRunForTest("given_alone"));
  AddGiven(&options);
  options.shard = {1, 2};
  const std::string whole = Evaluated(options);
  ASSERT_GT(CellsIn(whole).size(), 1);
  const std::string partial = StoppedAtItsEnd(&options);
  ASSERT_TRUE(WriteFile(Path("cells.jsonl.partial"), partial.substr(0, partial.find("done\n") + 9)).ok());
  ASSERT_TRUE(WriteFile(Path("g_1_4.txt"), "5+6=\n").ok());
  const absl::Status changed = Evaluate(options);
  EXPECT_EQ(ExitCodeOf(changed), kExitUsage);
  EXPECT_THAT(changed.message(), HasSubstr("has cells of another evaluation: problems_hash: found "));
  options.flags.clear_problems();
  AddGiven(&options);
  EXPECT_EQ(Evaluated(options), whole);
}

// Plain problems with hints put in: scored as they are decoded, in the cells of their digits.
TEST(EvaluateTest, AddedHintsAreScoredAsTheyAreDecoded) {
  ProblemFormat format;
  format.index_hints = true;
  EvaluateOptions options = GivenTo(MakeRunForTest("hints", format));
  std::string problems;
  for (int i = 0; i < 300; ++i) absl::StrAppend(&problems, i % 7, "+", i % 10, "=\n");
  ASSERT_TRUE(WriteFile(Path("plain.txt"), problems).ok());
  options.flags.add_problems(Path("plain.txt"));
  options.flags.set_add_index_hints(true);
  options.flags.set_log_answers(Path("hints.answers"));
  const std::vector<Cell> scored = CellsIn(Evaluated(options));
  ASSERT_EQ(scored.size(), 1);
  EXPECT_EQ(scored[0].first_digits, 1);
  EXPECT_EQ(scored[0].samples, 300);
  EXPECT_TRUE(scored[0].add_index_hints);
  EXPECT_THAT(*ReadFile(Path("hints.answers")), HasSubstr(R"("problem":"A0+A0=","expected":"A0")"));
  EXPECT_GT(scored[0].tokens_right, 0);
  options.flags.set_decoding(kGenerate);
  const std::vector<Cell> generated = CellsIn(Evaluated(options));
  EXPECT_EQ(generated[0].exact, scored[0].exact);
  EXPECT_EQ(generated[0].first_exact, scored[0].first_exact);
  EXPECT_EQ(generated[0].tokens, scored[0].tokens);
}

TEST(EvaluateTest, RefusesBadProblemsByLine) {
  const auto expect = [](const std::string& text, const std::string& message) {
    const absl::Status status = EvaluateFile(text);
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    EXPECT_THAT(status.message(), HasSubstr(message));
  };
  expect("", "no line");
  expect("1+1=2\n1+b=2\n", "given.txt:2: ");
  expect("1+1=3\n", "given.txt:1: found the answer 3, expected 2");
  expect("1+1=2", "given.txt:1: ");
}

TEST(EvaluateTest, CountedTasksMayHaveFewerSamples) {
  ProblemFormat format;
  format.task = &TaskNamed("bitwise_or");
  EvaluateOptions options = Square(MakeRunForTest("or", format));
  const std::vector<Cell> cells = CellsIn(Evaluated(options));
  EXPECT_EQ(cells[4].samples, 2);  // 2 x 3
  EXPECT_EQ(cells[4].samples_max, 7);
}

TEST(EvaluateTest, SortingHasFirstElements) {
  ProblemFormat format;
  format.task = &TaskNamed("sorting");
  EvaluateOptions options = Square(MakeRunForTest("sorting", format));
  options.tasks = {&TaskNamed("sorting")};
  const std::vector<Cell> cells = CellsIn(Evaluated(options));
  EXPECT_EQ(cells[4].operands, 0);
  EXPECT_GE(cells[4].first_exact, 0);
  options.shard = {0, 1};
  const std::string whole = Evaluated(options);
  options.shard = {0, 2};
  ASSERT_TRUE(WriteFile(Path("a.jsonl"), Evaluated(options)).ok());
  options.shard = {1, 2};
  ASSERT_TRUE(WriteFile(Path("b.jsonl"), Evaluated(options)).ok());
  ASSERT_TRUE(MergeCells({Path("a.jsonl"), Path("b.jsonl")}, Path("merged.jsonl")).ok());
  EXPECT_EQ(*ReadFile(Path("merged.jsonl")), whole);
}

TEST(EvaluateTest, OneLengthHasRowsOnly) {
  ProblemFormat format;
  format.task = &TaskNamed("copy");
  EvaluateOptions options = Square(MakeRunForTest("copy", format));
  options.grid.rows = {1, 2};
  options.grid.cols = {1, 2, 3};
  const std::vector<Cell> cells = CellsIn(Evaluated(options));
  ASSERT_EQ(cells.size(), 2);
  EXPECT_EQ(cells[1].grid, "rows=1,2 operands=1");
  EXPECT_EQ(cells[1].first_digits, 2);
  EXPECT_EQ(cells[1].operands, 1);
}

TEST(EvaluateTest, RefusesModelsOfOtherTasks) {
  EvaluateOptions options = Square(MakeRunForTest("task"));
  options.tasks = {&TaskNamed("sorting")};
  const absl::Status status = Evaluate(options);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(status.message(), HasSubstr("found a model of addition, expected one of sorting"));
}

TEST(EvaluateTest, EveryTaskOfAModelHasItsGrid) {
  EvaluateOptions options = Square(MixedRun("mixture"));
  options.grid = *ParseGrid("rows=1..3 cols=1..2");
  const std::string whole = Evaluated(options);
  const std::vector<Cell> cells = CellsIn(whole);
  ASSERT_EQ(cells.size(), 6 + 6 + 3);
  EXPECT_EQ(cells[0].tasks, "addition,sorting,parity");
  EXPECT_EQ(cells[6].task, "sorting");
  EXPECT_EQ(cells[12].task, "parity");
  EXPECT_EQ(cells[12].grid, "rows=1..3 operands=1");
  for (const int64_t count : {2, 3, 8}) {
    std::vector<std::string> files;
    for (int64_t i = count; i-- > 0;) {
      options.shard = {i, count};
      files.push_back(Path(absl::StrCat("shard", i, ".jsonl")));
      ASSERT_TRUE(WriteFile(files.back(), Evaluated(options)).ok());
    }
    ASSERT_TRUE(MergeCells(files, Path("merged.jsonl")).ok());
    EXPECT_EQ(*ReadFile(Path("merged.jsonl")), whole) << count << " shards";
  }
}

TEST(EvaluateTest, ATaskAloneAnswersTheSameProblems) {
  EvaluateOptions options = Square(MixedRun("one_of_three"));
  const std::vector<Cell> all = CellsIn(Evaluated(options));
  options.tasks = {&TaskNamed("sorting")};
  const std::vector<Cell> alone = CellsIn(Evaluated(options));
  ASSERT_EQ(alone.size(), 12);
  for (size_t i = 0; i < alone.size(); ++i) {
    Cell expected = all[12 + i];
    expected.tasks = "sorting";
    EXPECT_EQ(CellToJson(alone[i]), CellToJson(expected));
  }
  options.tasks = {&TaskNamed("copy")};
  const absl::Status status = Evaluate(options);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(status.message(), HasSubstr("found a model of addition, sorting, parity, expected one of copy"));
}

TEST(EvaluateTest, GivenProblemsAreCellsOfTheirTasks) {
  EvaluateOptions options = GivenTo(MixedRun("given_mixture"));
  options.flags.add_problems(Path("given_mixture.txt"));
  ASSERT_TRUE(WriteFile(Path("given_mixture.txt"), "1+1=\n#01=1\n#00=\n").ok());
  const std::vector<Cell> cells = CellsIn(Evaluated(options));
  ASSERT_EQ(cells.size(), 2);
  EXPECT_EQ(cells[0].task, "addition");
  EXPECT_EQ(cells[1].task, "parity");
  EXPECT_EQ(cells[1].samples, 2);
}

TEST(EvaluateTest, MinimumFailsTheCheckAfterWriting) {
  EvaluateOptions options = Square(MakeRunForTest("minimum"));
  options.flags.set_min_exact(1);
  options.flags.set_out(Path("minimum.jsonl"));
  EXPECT_EQ(ExitCodeOf(Evaluate(options)), kExitCheckFailed);
  EXPECT_EQ(ReadCells(options.flags.out())->size(), 12);
}

TEST(EvaluateTest, MissingModel) { EXPECT_EQ(ExitCodeOf(Evaluate(Square(Path("nowhere")))), kExitMissingInput); }

}  // namespace
}  // namespace tally

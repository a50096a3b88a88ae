#include "lib/results/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

using ::testing::HasSubstr;

Cell CellOf(int64_t first, int64_t second, int64_t exact) {
  Cell cell;
  cell.task = "addition";
  cell.first_digits = first;
  cell.second_digits = second;
  cell.operands = 2;
  cell.samples = 100;
  cell.samples_max = 200;
  cell.exact = exact;
  cell.first_exact = 100;
  cell.recurrences = 3;
  cell.trained_first_max = cell.trained_second_max = 20;
  return cell;
}

TEST(SummaryTest, GivenProblemsOfLengthsAreGroupedByThemselves) {
  Cell given = CellOf(30, 7, 1);
  given.problems = "tests";
  given.grid = "cells_by=lengths";
  const std::string text = Summary({CellOf(30, 7, 97), given});
  EXPECT_THAT(text, HasSubstr("out of distribution in one operand: 97 of 100 exact"));
  EXPECT_THAT(text, HasSubstr("tests, out of distribution in one operand: 1 of 100 exact"));
}

TEST(SummaryTest, GroupsByTrainingLengths) {
  Cell given = CellOf(0, 0, 1);
  given.problems = "nines.txt";
  EXPECT_EQ(Summary({CellOf(20, 7, 100), CellOf(30, 7, 97), CellOf(7, 30, 96), CellOf(21, 100, 50), given}),
            "in distribution (at most 20 and 20 digits): 100 of 100 exact, 100.00 % (95 % interval 96.30..100.00 %), "
            "1 cell, worst 100.0 % (20 x 7)\n"
            "out of distribution in one operand: 193 of 200 exact, 96.50 % (95 % interval 92.95..98.29 %), "
            "2 cells, worst 96.0 % (7 x 30)\n"
            "out of distribution in both operands: 50 of 100 exact, 50.00 % (95 % interval 40.38..59.62 %), "
            "1 cell, worst 50.0 % (21 x 100)\n"
            "100 digits or more: 50 of 100 exact, 50.00 % (95 % interval 40.38..59.62 %), "
            "1 cell, worst 50.0 % (21 x 100)\n"
            "nines.txt: 1 of 100 exact, 1.00 % (95 % interval 0.18..5.45 %), 1 cell, worst 1.0 % (3 recurrences)\n");
}

TEST(SummaryTest, EachTaskApart) {
  Cell sum = CellOf(1, 1, 10), array = CellOf(1, 2, 90);
  array.task = "sorting";
  sum.tasks = array.tasks = "addition,sorting";
  EXPECT_EQ(Summary({array, sum}),
            "sorting, in distribution (at most 20 digits, 20 numbers): 90 of 100 exact, 90.00 % (95 % interval "
            "82.56..94.48 %), first element 100.00 %, 1 cell, worst 90.0 % (sorting, 1 x 2)\n"
            "addition, in distribution (at most 20 and 20 digits): 10 of 100 exact, 10.00 % (95 % interval "
            "5.52..17.44 %), 1 cell, worst 10.0 % (addition, 1 x 1)\n");
  array.second_digits = 1;
  EXPECT_EQ(SamplesUsed({array, sum}), "200 samples in 2 cells, 200 fewer than the 400 allowed");
}

TEST(SummaryTest, EachModelApart) {
  Cell one = CellOf(1, 1, 10), other = CellOf(1, 1, 90);
  one.model = "runs/a";
  other.model = "runs/b";
  const std::string text = Summary({one, other});
  EXPECT_THAT(text, HasSubstr("model runs/a, in distribution (at most 20 and 20 digits): 10 of 100 exact"));
  EXPECT_THAT(text, HasSubstr("model runs/b, in distribution (at most 20 and 20 digits): 90 of 100 exact"));
  EXPECT_EQ(SamplesUsed({one, other}), "200 samples in 2 cells, 200 fewer than the 400 allowed");
}

TEST(SummaryTest, EachRecurrenceCountApart) {
  Cell first = CellOf(1, 1, 10), second = CellOf(1, 1, 90);
  first.recurrences = 1;
  const std::string text = Summary({first, second});
  EXPECT_THAT(text, ::testing::HasSubstr("1 recurrence, in distribution (at most 20 and 20 digits): 10 of 100"));
  EXPECT_THAT(text, ::testing::HasSubstr("3 recurrences, in distribution (at most 20 and 20 digits): 90 of 100"));
}

TEST(SummaryTest, MeanOfCellsWhereTheyAreNotAlike) {
  Cell hard = CellOf(2, 2, 100);
  hard.samples = 200;
  EXPECT_EQ(Summary({CellOf(1, 1, 100), hard}),
            "in distribution (at most 20 and 20 digits): 200 of 300 exact, 66.67 % (95 % interval 61.15..71.76 %), "
            "mean of cells 75.00 %, 2 cells, worst 50.0 % (2 x 2)\n");
}

TEST(SummaryTest, SortingHasFirstElements) {
  Cell cell = CellOf(5, 21, 40);
  cell.task = "sorting";
  cell.first_exact = 99;
  EXPECT_EQ(Summary({cell}),
            "out of distribution in one length: 40 of 100 exact, 40.00 % (95 % interval 30.94..49.80 %), "
            "first element 99.00 %, 1 cell, worst 40.0 % (5 x 21)\n");
}

TEST(SummaryTest, OneOperandHasOneLength) {
  Cell short_one = CellOf(5, 5, 100), long_one = CellOf(30, 30, 40);
  short_one.task = long_one.task = "copy";
  short_one.operands = long_one.operands = 1;
  EXPECT_EQ(Summary({short_one, long_one}),
            "in distribution (at most 20 digits): 100 of 100 exact, 100.00 % (95 % interval 96.30..100.00 %), "
            "1 cell, worst 100.0 % (5)\n"
            "out of distribution: 40 of 100 exact, 40.00 % (95 % interval 30.94..49.80 %), "
            "1 cell, worst 40.0 % (30)\n");
}

TEST(SummaryTest, ForeignTasksReadAsTwoOperands) {
  Cell cell = CellOf(5, 21, 40);
  cell.task = "cube_roots";
  EXPECT_THAT(Summary({cell}), ::testing::StartsWith("out of distribution in one operand: 40 of 100"));
}

TEST(SummaryTest, TrainingLengthsNotKnown) {
  Cell cell = CellOf(5, 21, 40);
  cell.trained_first_max = cell.trained_second_max = 0;
  EXPECT_THAT(Summary({cell}), ::testing::StartsWith("all cells (training lengths not known): 40 of 100"));
}

TEST(SamplesUsedTest, SharedSamplesCountOnce) {
  Cell other = CellOf(1, 1, 5);
  other.recurrences = 4;
  EXPECT_EQ(SamplesUsed({CellOf(1, 1, 5), other, CellOf(1, 2, 5)}),
            "200 samples in 2 cells, 200 fewer than the 400 allowed");
  Cell whole = CellOf(1, 1, 5);
  whole.samples_max = 100;
  EXPECT_EQ(SamplesUsed({whole}), "100 samples in 1 cell");
}

TEST(SamplesUsedTest, SaysHowManyAreInTheTrainingData) {
  Cell looked_up, not_looked_up, again;
  looked_up.samples = looked_up.samples_max = 100;
  looked_up.in_training = 7;
  again = looked_up;  // with another recurrence count: the same samples
  again.recurrences = 5;
  not_looked_up.first_digits = 3;
  not_looked_up.samples = not_looked_up.samples_max = 10;
  EXPECT_EQ(SamplesUsed({looked_up, again, not_looked_up}),
            "110 samples in 2 cells, 7 of 100 are in the training data");
  EXPECT_EQ(SamplesUsed({not_looked_up}), "10 samples in 1 cell");
}

}  // namespace
}  // namespace tally

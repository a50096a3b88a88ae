#include "lib/plot/repeat_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace tally {
namespace {

Cell MakeCell(int64_t first, int64_t second) {
  Cell cell;
  cell.task = "addition";
  cell.first_digits = first;
  cell.second_digits = second;
  cell.samples = 7;
  cell.samples_max = 10;
  cell.model = "runs/a b";
  cell.recurrences = 3;
  return cell;
}

TEST(RepeatCommandsTest, WithoutARecordedGridTheLengthsAreListed) {
  EXPECT_EQ(*EvaluationCommands({MakeCell(1, 1), MakeCell(1, 2), MakeCell(2, 1), MakeCell(2, 2), MakeCell(9, 9)}),
            "env eval --model='runs/a b' --rows=1,2 --cols=1,2 --seed=0 --samples=10 --recurrences=3\n"
            "env eval --model='runs/a b' --rows=9 --cols=9 --seed=0 --samples=10 --recurrences=3\n");
}

TEST(RepeatCommandsTest, ARecordedGridIsNamed) {
  Cell cell = MakeCell(1, 1), other = MakeCell(2, 2);
  cell.grid = other.grid = "rows=1..9 cols=1..9 recurrences=1..4";
  other.recurrences = 4;
  EXPECT_EQ(*EvaluationCommands({cell, other}),
            "env eval --model='runs/a b' --grid='rows=1..9 cols=1..9 recurrences=1..4' --seed=0 --samples=10\n");
}

TEST(RepeatCommandsTest, TextOfAFileStaysOneWord) {
  Cell cell = MakeCell(1, 1);
  cell.decoding = "generate; echo hi";
  cell.logit_factor = 1.23456789;
  EXPECT_THAT(*EvaluationCommands({cell}),
              ::testing::HasSubstr("--decoding='generate; echo hi' --logit_factor=1.23456789\n"));
}

TEST(RepeatCommandsTest, OtherTasksAndSettings) {
  Cell sorting = MakeCell(3, 5);
  sorting.task = "sorting";
  sorting.grid = "rows=3 cols=5";
  sorting.logit_factor = 1.5;
  sorting.offset = 4;
  sorting.decoding = kGenerate;
  EXPECT_EQ(*EvaluationCommands({sorting}),
            "sort_eval --model='runs/a b' --digits=3 --lengths=5 --seed=0 --samples=10 --recurrences=3 "
            "--decoding=generate --offset=4 --logit_factor=1.5\n");
  sorting.errors = *ErrorCounts::FromJson("{\"end\":[[1,2,3]]}");
  EXPECT_THAT(*EvaluationCommands({sorting}), ::testing::HasSubstr(" --logit_factor=1.5 --errors\n"));
  Cell given = MakeCell(0, 0);
  given.problems = "it's.txt";
  EXPECT_EQ(*EvaluationCommands({given}),
            "env eval --model='runs/a b' --problems='it'\\''s.txt' --cells_by=file --seed=0 --recurrences=3\n");
  Cell of_lengths = MakeCell(3, 5);
  of_lengths.problems = "tests,b.txt";
  of_lengths.grid = "cells_by=folder";
  EXPECT_EQ(*EvaluationCommands({of_lengths}),
            "env eval --model='runs/a b' --problems=tests,b.txt --cells_by=folder --seed=0 --recurrences=3\n");
}

TEST(RepeatCommandsTest, WhatIsUnusualIsAsked) {
  Cell cell = MakeCell(1, 1);
  cell.grid = "rows=1 cols=1";
  cell.precision = "BF16";
  cell.accept_edits = true;
  cell.overlap_with = "a b,c";
  EXPECT_EQ(*EvaluationCommands({cell}),
            "env eval --model='runs/a b' --grid='rows=1 cols=1' --seed=0 --samples=10 --recurrences=3 "
            "--precision=BF16 --accept_edits --overlap_with='a b,c'\n");
}

// All files of one evaluation are one command, whatever the tasks of their lines and the recurrences.
TEST(RepeatCommandsTest, GivenProblemsAreReadAsTheyWere) {
  Cell sums = MakeCell(0, 0), arrays = MakeCell(0, 0);
  sums.problems = "tests.zip/a.txt";
  arrays.problems = "tests.zip/b.txt";
  arrays.task = "sorting";
  sums.tasks = arrays.tasks = "addition,sorting";
  sums.given = arrays.given = "tests.zip";
  arrays.recurrences = 8;
  sums.split = arrays.split = "all";
  sums.add_index_hints = arrays.add_index_hints = true;
  EXPECT_EQ(*EvaluationCommands({sums, arrays}),
            "env eval --model='runs/a b' --task=addition,sorting --problems=tests.zip --cells_by=file --split=all "
            "--add_index_hints --seed=0 --recurrences=3,8\n");
}

TEST(RepeatCommandsTest, TrainingAndReport) {
  const std::string train = "train --config=runs/a/config.textproto --out=runs/a-again\n";
  EXPECT_EQ(TrainingCommand("runs/a", ""), train);
  EXPECT_EQ(TrainingCommand("runs/a", "started\n  train.steps: 0 -> 9 (flags)\n"), train);
  EXPECT_EQ(TrainingCommand("runs/a", "started\ncontinued after step 9\n  train.steps: 9 -> 20 (flags)\n"),
            train +
                "# but that run came to this configuration on its way:\n#   continued after step 9\n"
                "#     train.steps: 9 -> 20 (flags)\n");
  EXPECT_EQ(ReportCommand("runs/a", {"x=a b.jsonl"}, "/tmp/r.html"), "plot report runs/a 'x=a b.jsonl' --out=r.html\n");
}

// What was measured of a run at a step that is not its last is measured there again, while that checkpoint is kept.
TEST(RepeatCommandsTest, AnEarlierStepIsACheckpoint) {
  const std::filesystem::path run = std::filesystem::path(::testing::TempDir()) / "repeated";
  std::filesystem::remove_all(run);
  for (const char* step : {"step_00000100", "step_00000200"}) {
    std::filesystem::create_directories(run / "checkpoints" / step);
  }
  std::filesystem::create_directory_symlink("step_00000200", run / "checkpoints" / "latest");
  Cell cell = MakeCell(1, 1);
  cell.model = run.string();
  const auto model = [&](int64_t step) {
    cell.step = step;
    const std::string command = *EvaluationCommands({cell});
    return command.substr(0, command.find(" --rows"));
  };
  EXPECT_EQ(model(100), "env eval --model=" + run.string() + "/checkpoints/step_00000100");
  EXPECT_EQ(model(200), "env eval --model=" + run.string());
  EXPECT_EQ(model(50), "env eval --model=" + run.string());
}

TEST(RepeatCommandsTest, OfSeveralTasksEachByItself) {
  Cell sum = MakeCell(1, 1), array = MakeCell(1, 1);
  array.task = "sorting";
  sum.tasks = array.tasks = "addition,sorting";
  sum.grid = array.grid = "rows=1 cols=1";
  EXPECT_EQ(*EvaluationCommands({sum, array}),
            "env eval --model='runs/a b' --task=addition --grid='rows=1 cols=1' --seed=0 --samples=10 --recurrences=3\n"
            "sort_eval --model='runs/a b' --digits=1 --lengths=1 --seed=0 --samples=10 --recurrences=3\n");
}

}  // namespace
}  // namespace tally

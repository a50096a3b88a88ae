#include "lib/results/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/results/cell.h"
#include "lib/results/grid.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string Path(const std::string& name) { return absl::StrCat(::testing::TempDir(), "/", name); }

// The cells of `grid`, one for each recurrence count.
std::vector<Cell> Cells(const std::string& text) {
  const Grid grid = *ParseGrid(text);
  std::vector<Cell> cells;
  for (const GridCell& c : CellsOf(grid)) {
    for (const int64_t count : grid.recurrences.empty() ? std::vector<int64_t>{3} : grid.recurrences) {
      Cell cell;
      cell.task = "addition";
      cell.grid = text;
      cell.first_digits = c.first;
      cell.second_digits = c.second;
      cell.operands = c.operands;
      cell.samples = cell.samples_max = 9;
      cell.exact = (c.first * 7 + c.second + count) % 10;
      cell.model = "runs/a";
      cell.recurrences = count;
      cells.push_back(cell);
    }
  }
  return cells;
}

std::string Text(const std::vector<Cell>& cells) {
  std::string text;
  for (const Cell& cell : cells) absl::StrAppend(&text, CellToJson(cell), "\n");
  return text;
}

// The result of merging files with these texts.
absl::StatusOr<std::string> Merged(const std::vector<std::string>& texts) {
  std::vector<std::string> files;
  for (const std::string& text : texts) {
    files.push_back(Path(absl::StrCat("shard", files.size(), ".jsonl")));
    EXPECT_TRUE(WriteFile(files.back(), text).ok());
  }
  const absl::Status status = MergeCells(files, Path("merged.jsonl"));
  if (!status.ok()) return status;
  return ReadFile(Path("merged.jsonl"));
}

TEST(MergeTest, OrderComesFromTheGrid) {
  for (const std::string grid : {"rows=1..4 cols=2,5,9", "rows=1..4 cols=1..4 min_longest=3", "rows=1..3 operands=2..4",
                                 "rows=1..3 cols=1..2 recurrences=1..4"}) {
    const std::vector<Cell> cells = Cells(grid);
    std::vector<Cell> odd, even;
    for (size_t i = 0; i < cells.size(); ++i)
      (i % 2 == 1 ? odd : even).insert((i % 2 == 1 ? odd : even).begin(), cells[i]);
    EXPECT_EQ(*Merged({Text(odd), "", Text(even)}), Text(cells)) << grid;
  }
}

TEST(MergeTest, GapsAreCountedAndNamed) {
  std::vector<Cell> cells = Cells("rows=1..4 cols=1..4");
  cells.erase(cells.begin() + 4, cells.begin() + 12);
  const absl::Status status = Merged({Text(cells)}).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(status.message(), HasSubstr("8 of 16 cells missing (the file of a shard?): 2 x 1; 2 x 2; 2 x 3; 2 x 4; "
                                          "3 x 1; ..."));
}

TEST(MergeTest, DuplicatesAreCountedAndNamed) {
  const std::vector<Cell> cells = Cells("rows=1..2 cols=1 recurrences=1,2");
  const absl::Status status = Merged({Text(cells), Text({cells[1]})}).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(status.message(), HasSubstr("1 cell found twice: 1 x 1, 2 recurrences ("));
  EXPECT_THAT(status.message(), HasSubstr("shard0.jsonl:2 and "));
  EXPECT_THAT(status.message(), HasSubstr("shard1.jsonl:1)"));
}

TEST(MergeTest, MixedEvaluationsAreRefused) {
  const auto expect = [](void (*change)(Cell*), const std::string& message) {
    std::vector<Cell> cells = Cells("rows=1..2 cols=1..2");
    change(&cells[2]);
    const absl::Status status = Merged({Text(cells)}).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    EXPECT_THAT(status.message(), HasSubstr("shard0.jsonl:3: "));
    EXPECT_THAT(status.message(), HasSubstr(message));
  };
  expect([](Cell* c) { c->model = "runs/b"; }, "2 x 1: model: found runs/b, expected runs/a as in ");
  expect([](Cell* c) { c->step = 7; }, "2 x 1: step: found 7, expected 0");
  expect([](Cell* c) { c->seed = 7; }, "2 x 1: seed: found 7, expected 0");
  expect([](Cell* c) { c->recurrences = 7; }, "2 x 1: recurrences: found 7, expected 3");
  expect([](Cell* c) { c->logit_factor = 1.5; }, "2 x 1: logit_factor: found 1.5, expected 1");
  expect([](Cell* c) { c->grid = "rows=1..3 cols=1..2"; }, "2 x 1: grid: found rows=1..3");
  expect([](Cell* c) { c->first_digits = 3; }, "3 x 1: no cell of the grid rows=1..2 cols=1..2");
  expect([](Cell* c) { c->grid = ""; }, "2 x 1: found no grid");
}

TEST(MergeTest, WhatIsNoCellIsRefused) {
  EXPECT_EQ(ExitCodeOf(MergeCells({}, "-")), kExitUsage);
  EXPECT_EQ(ExitCodeOf(MergeCells({Path("nowhere.jsonl")}, "-")), kExitMissingInput);
  EXPECT_THAT(Merged({"", ""}).status().message(), HasSubstr("found no line"));
  EXPECT_THAT(Merged({"nonsense\n"}).status().message(), HasSubstr("shard0.jsonl:1: "));
  std::vector<Cell> cells = Cells("rows=1 cols=1");
  cells[0].grid = "rows=x";
  EXPECT_EQ(ExitCodeOf(Merged({Text(cells)}).status()), kExitBadInput);
}

// Cells of given problems of two tasks, as eval writes them.
std::vector<Cell> GivenCells() {
  std::vector<Cell> cells = Cells("rows=1..2 cols=1..2 recurrences=1,2");
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i].task = i < 4 ? "addition" : "parity";
    cells[i].tasks = "addition,parity";
    cells[i].problems = "tests";
    cells[i].problems_hash = "0123456789abcdef";
    cells[i].grid = "cells_by=lengths";
    cells[i].samples_max = 9 + static_cast<int64_t>(i);
    cells[i].trained_first_max = i < 4 ? 2 : 7;
    cells[i].line = static_cast<int64_t>(i) + 1;
    cells[i].lines = 8;
  }
  return cells;
}

TEST(MergeTest, GivenProblemsComeInTheOrderOfTheirPlaces) {
  const std::vector<Cell> cells = GivenCells();
  const std::vector<Cell> backwards(cells.rbegin(), cells.rend());
  EXPECT_EQ(*Merged({Text(backwards)}), Text(cells));
  EXPECT_EQ(*Merged({Text({cells.begin() + 3, cells.end()}), "", Text({cells.begin(), cells.begin() + 3})}),
            Text(cells));
}

TEST(MergeTest, GapsAndDuplicatesOfGivenProblems) {
  std::vector<Cell> cells = GivenCells();
  EXPECT_THAT(Merged({Text(cells), Text({cells[1]})}).status().message(), HasSubstr("1 cell found twice: line 2 ("));
  cells.erase(cells.begin() + 1, cells.begin() + 3);
  EXPECT_THAT(Merged({Text(cells)}).status().message(),
              HasSubstr("2 of 8 cells missing (the file of a shard?): line 2; line 3"));
  for (Cell& cell : cells) cell.lines = int64_t{1} << 60;
  EXPECT_THAT(Merged({Text(cells)}).status().message(), HasSubstr("line 2; line 3; line 9; line 10; line 11; ..."));
}

TEST(MergeTest, GivenProblemsOfOneEvaluation) {
  const auto expect = [](void (*change)(Cell*), const std::string& message) {
    std::vector<Cell> cells = GivenCells();
    change(&cells[2]);
    const absl::Status status = Merged({Text(cells)}).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    EXPECT_THAT(status.message(), HasSubstr("shard0.jsonl:3: "));
    EXPECT_THAT(status.message(), HasSubstr(message));
  };
  expect([](Cell* c) { c->problems_hash = "0"; }, "problems_hash: found 0, expected 0123456789abcdef as in ");
  expect([](Cell* c) { c->model = "runs/b"; }, "model: found runs/b, expected runs/a as in ");
  expect([](Cell* c) { c->lines = 9; }, "lines: found 9, expected 8");
  expect([](Cell* c) { c->problems = "other"; }, "problems: found other, expected tests");
  expect([](Cell* c) { c->line = 9; }, "key line: found 9, expected at most lines, 8");
  expect([](Cell* c) { c->line = 0; }, "found a cell of a grid, expected one of given problems as before");
  std::vector<Cell> mixed = Cells("rows=1 cols=1");
  mixed.push_back(GivenCells()[0]);
  EXPECT_THAT(Merged({Text(mixed)}).status().message(),
              HasSubstr("found a cell of given problems, expected one of a grid as before"));
}

// Sums and, on another grid, parities, one task's cells after the other's.
std::vector<Cell> CellsOfTasks() {
  std::vector<Cell> cells = Cells("rows=1..2 cols=1..2");
  for (Cell cell : Cells("rows=1..3 operands=1")) {
    cell.task = "parity";
    cell.trained_first_max = 7;
    cells.push_back(cell);
  }
  for (Cell& cell : cells) cell.tasks = "addition,parity";
  return cells;
}

TEST(MergeTest, EachTaskHasItsGrid) {
  const std::vector<Cell> cells = CellsOfTasks();
  std::vector<Cell> backwards(cells.rbegin(), cells.rend());
  EXPECT_EQ(*Merged({Text(backwards)}), Text(cells));
}

TEST(MergeTest, CellsOfATaskMayNotBeMissing) {
  std::vector<Cell> cells = CellsOfTasks();
  cells.pop_back();
  EXPECT_THAT(std::string(Merged({Text(cells)}).status().message()),
              HasSubstr("1 of 7 cells missing (the file of a shard?): parity, 3"));
  cells.resize(4);
  const absl::Status status = Merged({Text(cells)}).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("all cells of parity missing"));
}

TEST(MergeTest, TasksAreOfOneEvaluation) {
  std::vector<Cell> cells = CellsOfTasks();
  for (size_t i = 4; i < cells.size(); ++i) cells[i].seed = 5;
  EXPECT_THAT(std::string(Merged({Text(cells)}).status().message()),
              HasSubstr("parity, 1: seed: found 5, expected 0 as in "));
}

}  // namespace
}  // namespace tally

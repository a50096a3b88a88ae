#include "lib/plot/repeat_commands.h"

#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "lib/base/os/folder.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/config/shell_word.h"
#include "lib/results/grid.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

// The model that `c` is of: a run that has come to another step since by its checkpoint, where that is still there.
absl::StatusOr<std::string> ModelFlag(const Cell& c) {
  const std::filesystem::path checkpoints = std::filesystem::path(c.model) / "checkpoints";
  const std::string step = absl::StrFormat("step_%08d", c.step);  // docs/formats/run_folder.md
  TALLY_ASSIGN_OR_RETURN(const std::string newest, LinkTarget(checkpoints / "latest"));
  TALLY_ASSIGN_OR_RETURN(bool kept, CheckExists(checkpoints / step));
  kept = kept && std::filesystem::path(newest).filename() != step;
  return absl::StrCat(" --model=", ShellWord(kept ? (checkpoints / step).string() : c.model));
}

// How cells were answered and counted, as flags of eval.
std::string SettingsFlags(const Cell& c, bool with_recurrences) {
  std::string flags = absl::StrCat(" --seed=", c.seed);
  const auto add = [&](bool given, const std::string& flag) {
    if (given) absl::StrAppend(&flags, " --", flag);
  };
  const auto number = [](double x) { return absl::StrFormat("%.10g", x); };  // as cells have it
  add(c.problems.empty(), absl::StrCat("samples=", c.samples_max));
  add(c.interval > 0, absl::StrCat("interval=", number(c.interval)));
  add(with_recurrences, absl::StrCat("recurrences=", c.recurrences));
  add(c.decoding != kTeacherForced, absl::StrCat("decoding=", ShellWord(c.decoding)));
  add(c.temperature > 0, absl::StrCat("temperature=", number(c.temperature)));
  add(c.top_k > 0, absl::StrCat("top_k=", c.top_k));
  add(c.offset >= 0, absl::StrCat("offset=", c.offset));
  add(c.logit_factor != 1, absl::StrCat("logit_factor=", number(c.logit_factor)));
  add(c.precision != kUsualPrecision, absl::StrCat("precision=", ShellWord(c.precision)));
  add(c.accept_edits, "accept_edits");
  add(!c.errors.measures().empty(), "errors");
  add(!c.overlap_with.empty(), absl::StrCat("overlap_with=", ShellWord(c.overlap_with)));
  return flags;
}

// Evaluates all given problems that `c` is a cell of, which may be of several tasks, but for --recurrences.
absl::StatusOr<std::string> GivenCommand(const Cell& c) {
  TALLY_ASSIGN_OR_RETURN(const std::string model, ModelFlag(c));
  std::string command = absl::StrCat(c.tasks.empty() ? GridOfTask(c.task).command : TaskGrid().command, model);
  if (!c.tasks.empty()) absl::StrAppend(&command, " --task=", ShellWord(c.tasks));
  absl::StrAppend(&command, " --problems=", ShellWord(c.given.empty() ? c.problems : c.given));
  absl::StrAppend(&command, " --", c.has_lengths() ? ShellWord(c.grid) : "cells_by=file");
  if (c.split != kUsualSplit) absl::StrAppend(&command, " --split=", ShellWord(c.split));
  if (c.add_index_hints) absl::StrAppend(&command, " --add_index_hints");
  return absl::StrCat(command, SettingsFlags(c, /*with_recurrences=*/false));
}

// The second lengths of each first one.
using SecondLengths = std::map<int64_t, std::set<int64_t>>;

// Flags that visit exactly `lengths`: one grid for all first lengths that have the same second ones.
std::vector<std::string> AxisFlags(const TaskGrid& task, const SecondLengths& lengths) {
  std::map<std::set<int64_t>, std::set<int64_t>> grids;  // second lengths -> first ones
  for (const auto& [first, seconds] : lengths) grids[seconds].insert(first);
  const auto text = [](const std::set<int64_t>& all) { return LengthsText({all.begin(), all.end()}); };
  std::vector<std::string> flags;
  for (const auto& [seconds, firsts] : grids) {
    flags.push_back(
        absl::StrCat(" --", task.first_flag, "=", text(firsts), " --", task.second_flag, "=", text(seconds)));
  }
  return flags;
}

}  // namespace

std::string TrainingCommand(const std::string& run, absl::string_view overrides) {
  std::string text =
      absl::StrCat("train --config=", ShellWord(run + "/config.textproto"), " --out=", ShellWord(run + "-again"), "\n");
  const size_t continued = overrides.find("continued ");
  if (continued == absl::string_view::npos) return text;
  absl::StrAppend(&text, "# but that run came to this configuration on its way:\n");
  for (const absl::string_view line : absl::StrSplit(overrides.substr(continued), '\n', absl::SkipEmpty())) {
    absl::StrAppend(&text, "#   ", line, "\n");
  }
  return text;
}

absl::StatusOr<std::string> EvaluationCommands(const std::vector<Cell>& cells) {
  // (task, start of the command, its end) -> what it visits
  std::map<std::tuple<std::string, std::string, std::string>, SecondLengths> grids;
  std::map<std::string, std::set<int64_t>> given;  // a command -> its recurrence counts
  std::set<std::string> commands;
  for (const Cell& cell : cells) {
    if (!cell.problems.empty()) {
      TALLY_ASSIGN_OR_RETURN(const std::string command, GivenCommand(cell));
      given[command].insert(cell.recurrences);
      continue;
    }
    const TaskGrid& task = GridOfTask(cell.task);
    const bool one_of_several = !cell.tasks.empty() && task.has_grid_flag;
    TALLY_ASSIGN_OR_RETURN(const std::string model, ModelFlag(cell));
    const std::string start =
        absl::StrCat(task.command, model, one_of_several ? absl::StrCat(" --task=", ShellWord(cell.task)) : "");
    const absl::StatusOr<Grid> grid = ParseGrid(cell.grid);
    const bool counts_in_grid = grid.ok() && !grid->recurrences.empty();
    const std::string end = SettingsFlags(cell, !counts_in_grid);
    if (grid.ok() && task.has_grid_flag) {
      commands.insert(absl::StrCat(start, " --grid=", ShellWord(cell.grid), end));
    } else {
      grids[{cell.task, start, end}][cell.first_digits].insert(cell.second_digits);
    }
  }
  for (const auto& [command, lengths] : grids) {
    const auto& [task, start, end] = command;
    for (const std::string& flags : AxisFlags(GridOfTask(task), lengths)) {
      commands.insert(absl::StrCat(start, flags, end));
    }
  }
  for (const auto& [command, counts] : given) {
    commands.insert(absl::StrCat(command, " --recurrences=", LengthsText({counts.begin(), counts.end()})));
  }
  std::string text;
  for (const std::string& command : commands) absl::StrAppend(&text, command, "\n");
  return text;
}

std::string ReportCommand(const std::string& run, const std::vector<std::string>& cells, const std::string& out) {
  std::string command = absl::StrCat("plot report ", ShellWord(run));
  for (const std::string& file : cells) absl::StrAppend(&command, " ", ShellWord(file));
  return absl::StrCat(command, " --out=", ShellWord(std::filesystem::path(out).filename().string()), "\n");
}

}  // namespace tally

#include "lib/plot/runs.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/results/reference_results.h"

namespace tally {
namespace {

using Facts = std::vector<std::string>;

// The name of a run among `all` those of its label.
std::string NameOf(const std::string& label, const Facts& facts, const std::vector<Facts>& all) {
  Facts parts;
  if (!label.empty()) parts.push_back(label);
  for (size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].empty() || (!label.empty() && (i == kModelFact || i == kStepFact))) continue;
    const bool same = std::all_of(all.begin(), all.end(), [&](const Facts& other) { return other[i] == facts[i]; });
    if (!same) parts.push_back(facts[i]);
  }
  return parts.empty() ? facts[kModelFact] : absl::StrJoin(parts, ", ");
}

absl::Status CheckOnce(const EvaluatedRun& run) {
  std::set<std::tuple<std::string, int64_t, int64_t, int64_t, int64_t>> seen;
  for (const Cell& c : run.cells) {
    if (seen.emplace(c.problems, c.first_digits, c.second_digits, c.operands, c.recurrences).second) continue;
    return BadInputError(absl::StrCat("found two cells of ", CellName(c), " by ", c.model, ", step ", c.step, ", ",
                                      Counted(c.recurrences, "recurrence"), "; expected one"));
  }
  return absl::OkStatus();
}

}  // namespace

Labelled SplitLabel(const std::string& word) {
  const size_t end = word.find_first_of("/=");
  if (end == std::string::npos || word[end] == '/' || end == 0) return {"", word};
  return {word.substr(0, end), word.substr(end + 1)};
}

std::string WithoutTrailingSlashes(absl::string_view path) {
  while (path.size() > 1 && absl::ConsumeSuffix(&path, "/")) {
  }
  return std::string(path);
}

int LabelNumbers::Of(const std::string& label) {
  const auto found = std::find(labels_.begin(), labels_.end(), label);
  if (found != labels_.end()) return static_cast<int>(found - labels_.begin());
  labels_.push_back(label);
  return static_cast<int>(labels_.size()) - 1;
}

std::vector<std::string> RunFacts(const Cell& c, bool over_recurrences) {
  const auto unless = [](bool usual, const std::string& fact) { return usual ? "" : fact; };
  return {c.task,
          c.model,
          absl::StrCat("step ", c.step),
          over_recurrences ? "" : Counted(c.recurrences, "recurrence"),
          unless(c.decoding == kTeacherForced, c.decoding),
          unless(c.temperature == 0, absl::StrCat("temperature ", c.temperature)),
          unless(c.top_k == 0, absl::StrCat("top ", c.top_k)),
          unless(c.offset < 0, absl::StrCat("offset ", c.offset)),
          unless(c.logit_factor == 1, absl::StrCat("logit factor ", c.logit_factor)),
          unless(!c.has_lengths(), c.problems),
          unless(c.precision == kUsualPrecision, c.precision),
          unless(c.split == kUsualSplit, absl::StrCat("split ", c.split)),
          unless(!c.add_index_hints, "hints added")};
}

absl::StatusOr<std::vector<LabelledCell>> ReadLabelledCells(const std::vector<std::string>& words,
                                                            const std::string& task) {
  std::vector<LabelledCell> all;
  for (const std::string& word : words) {
    const Labelled file = SplitLabel(word);
    TALLY_ASSIGN_OR_RETURN(std::vector<Cell> cells, ReadResults(file.path, task));
    const absl::Status kept = KeepTask(task, &cells);
    if (!kept.ok()) return BadInputError(absl::StrCat(InputName(file.path), ": ", kept.message()));
    for (Cell& cell : cells) all.push_back({file.label, std::move(cell)});
  }
  return all;
}

absl::StatusOr<std::vector<EvaluatedRun>> ReadRuns(const std::vector<std::string>& words, bool over_recurrences,
                                                   const std::string& task) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<LabelledCell> cells, ReadLabelledCells(words, task));
  return RunsOf(cells, over_recurrences);
}

absl::StatusOr<std::vector<EvaluatedRun>> RunsOf(const std::vector<LabelledCell>& cells, bool over_recurrences) {
  std::vector<EvaluatedRun> runs;
  std::map<std::pair<std::string, Facts>, size_t> numbers;
  std::map<std::string, std::vector<Facts>> by_label;
  for (const auto& [label, cell] : cells) {
    const Facts facts = RunFacts(cell, over_recurrences);
    const auto [place, is_new] = numbers.emplace(std::make_pair(label, facts), runs.size());
    if (is_new) runs.push_back({label, {}});
    if (is_new) by_label[label].push_back(facts);
    runs[place->second].cells.push_back(cell);
  }
  for (EvaluatedRun& run : runs) {
    run.label = NameOf(run.label, RunFacts(run.cells[0], over_recurrences), by_label[run.label]);
    TALLY_RETURN_IF_ERROR(CheckOnce(run));
  }
  return runs;
}

absl::Status KeepTask(const std::string& task, std::vector<Cell>* cells) {
  if (task.empty()) return absl::OkStatus();
  cells->erase(std::remove_if(cells->begin(), cells->end(), [&](const Cell& cell) { return cell.task != task; }),
               cells->end());
  return cells->empty() ? BadInputError(absl::StrCat("found no cell of ", task, ", expected some")) : absl::OkStatus();
}

absl::Status NoFirstElementError(const Cell& cell) {
  return BadInputError(absl::StrCat("cell of ", CellName(cell), " by ", cell.model,
                                    ": found no first_exact, expected a cell written by sort_eval"));
}

std::string CommonFact(const std::vector<EvaluatedRun>& runs, size_t fact) {
  const std::string common = RunFacts(runs[0].cells[0], /*over_recurrences=*/false)[fact];
  const bool all = std::all_of(runs.begin(), runs.end(), [&](const EvaluatedRun& run) {
    return RunFacts(run.cells[0], /*over_recurrences=*/false)[fact] == common;
  });
  return all ? common : "";
}

std::string TitleOfRuns(const std::vector<EvaluatedRun>& runs, const std::string& what) {
  const std::string task = CommonFact(runs, kTaskFact);
  std::string title = task.empty() ? what : absl::StrCat(task, ": ", what);
  for (const size_t fact : {kModelFact, kStepFact}) {
    const std::string common = CommonFact(runs, fact);
    if (!common.empty()) absl::StrAppend(&title, ", ", common);
  }
  return title;
}

std::string GroupName(CellGroup group) {
  switch (group) {
    case CellGroup::kInDistribution:
      return "in distribution";
    case CellGroup::kOutInOne:
      return "longer in one operand";
    case CellGroup::kOutInBoth:
      return "longer in both";
    case CellGroup::kUnknown:
      return "all cells";
  }
  return "";
}

}  // namespace tally

#include "lib/results/summary.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

constexpr int64_t kLong = 100;  // digits

std::string Line(const std::string& name, const Totals& t, const TaskGrid& task) {
  if (t.cells == 0) return "";
  const Interval interval = WilsonInterval(t.exact, t.samples);
  const auto percent = [&](int64_t part) { return t.samples == 0 ? 0.0 : 100.0 * part / t.samples; };
  const std::string first =
      task.first_element ? absl::StrFormat(", first element %.2f %%", percent(t.first_exact)) : "";
  const std::string mean = t.unequal ? absl::StrFormat(", mean of cells %.2f %%", 100 * t.fractions / t.cells) : "";
  return absl::StrFormat(
      "%s: %d of %d exact, %.2f %% (95 %% interval %.2f..%.2f %%)%s%s, %d cell%s, worst %.1f %% (%s)\n", name, t.exact,
      t.samples, percent(t.exact), 100 * interval.low, 100 * interval.high, mean, first, t.cells,
      t.cells == 1 ? "" : "s", 100 * t.worst, t.worst_cell);
}

// How long the training data were: "at most 20 digits, 10 numbers".
std::string TrainedRange(const Cell& any, const TaskGrid& task) {
  const int64_t first = any.trained_first_max, second = any.trained_second_max;
  if (task.one_length) return absl::StrCat("at most ", first, " digits");
  if (task.second_unit == "digits") return absl::StrCat("at most ", first, " and ", second, " digits");
  return absl::StrCat("at most ", first, " digits, ", second, " ", task.second_noun);
}

// The lines of cells of one recurrence count; each begins with `prefix`.
std::string GridLines(const std::string& prefix, const std::vector<const Cell*>& cells) {
  std::map<CellGroup, Totals> groups;
  Totals long_ones;
  for (const Cell* cell : cells) {
    groups[GroupOf(*cell)].Add(*cell);
    if (std::max(cell->first_digits, cell->second_digits) >= kLong) long_ones.Add(*cell);
  }
  const Cell& any = *cells.front();
  const TaskGrid& task = GridOfTask(any.task);
  const auto line = [&](CellGroup group, absl::string_view name) {
    return Line(absl::StrCat(prefix, name), groups[group], task);
  };
  return absl::StrCat(
      line(CellGroup::kInDistribution, absl::StrCat("in distribution (", TrainedRange(any, task), ")")),
      line(CellGroup::kOutInOne, absl::StrCat("out of distribution in one ", task.side)),
      line(CellGroup::kOutInBoth,
           absl::StrCat("out of distribution", task.one_length ? "" : absl::StrCat(" in both ", task.side, "s"))),
      line(CellGroup::kUnknown, "all cells (training lengths not known)"),
      Line(absl::StrCat(prefix, kLong, " ", task.length_unit, " or more"), long_ones, task));
}

using Facts = std::vector<std::pair<std::string, std::string>>;

// What answered a cell, and how: names and values, always the same names.
Facts AnsweredBy(const Cell& cell) {
  const auto number = [](double value) { return absl::StrFormat("%.10g", value); };
  return {{"model", cell.model},
          {"step", absl::StrCat(cell.step)},
          {"seed", absl::StrCat(cell.seed)},
          {"decoding", cell.decoding},
          {"temperature", number(cell.temperature)},
          {"top_k", absl::StrCat(cell.top_k)},
          {"offset", absl::StrCat(cell.offset)},
          {"logit_factor", number(cell.logit_factor)},
          {"precision", cell.precision}};
}

// Tells apart cells that something else answered.
class Answered {
 public:
  explicit Answered(const std::vector<Cell>& cells) {
    if (cells.empty()) return;
    const Facts first = AnsweredBy(cells.front());
    for (const Cell& cell : cells) {
      const Facts facts = AnsweredBy(cell);
      for (size_t i = 0; i < facts.size(); ++i) {
        if (facts[i].second != first[i].second) differ_.insert(facts[i].first);
      }
    }
  }

  // "model runs/a, step 100, ": of a cell what is not the same for all; "" where all is.
  std::string By(const Cell& cell) const {
    std::string text;
    if (differ_.empty()) return text;
    for (const auto& [name, value] : AnsweredBy(cell)) {
      if (differ_.count(name) > 0) absl::StrAppend(&text, name, " ", value, ", ");
    }
    return text;
  }

 private:
  std::set<std::string> differ_;
};

// The lines of the cells of `task`; each begins with `prefix`.
std::string TaskLines(const std::string& prefix, const std::string& task, const std::vector<Cell>& cells,
                      const Answered& answered) {
  // By what answered, given problems and recurrences.
  std::map<std::tuple<std::string, std::string, int64_t>, std::vector<const Cell*>> groups;
  std::set<int64_t> counts;
  for (const Cell& cell : cells) {
    if (cell.task != task || !cell.has_lengths()) continue;
    groups[{answered.By(cell), cell.problems, cell.recurrences}].push_back(&cell);
    counts.insert(cell.recurrences);
  }
  std::string text;
  for (const auto& [key, group] : groups) {
    const auto& [by, problems, recurrences] = key;
    const std::string given = problems.empty() ? "" : absl::StrCat(problems, ", ");
    const std::string count = counts.size() == 1 ? "" : absl::StrCat(Counted(recurrences, "recurrence"), ", ");
    absl::StrAppend(&text, GridLines(absl::StrCat(prefix, by, given, count), group));
  }
  for (const Cell& cell : cells) {
    if (cell.task != task || cell.has_lengths()) continue;
    Totals file;
    file.Add(cell);
    file.worst_cell = Counted(cell.recurrences, "recurrence");
    absl::StrAppend(&text, Line(absl::StrCat(prefix, answered.By(cell), cell.problems), file, GridOfTask(cell.task)));
  }
  return text;
}

}  // namespace

CellGroup GroupOf(const Cell& cell) {
  if (cell.trained_first_max == 0 || cell.trained_second_max == 0) return CellGroup::kUnknown;
  const int longer = (cell.first_digits > cell.trained_first_max) + (cell.second_digits > cell.trained_second_max);
  return longer == 0 ? CellGroup::kInDistribution : longer == 1 ? CellGroup::kOutInOne : CellGroup::kOutInBoth;
}

void Totals::Add(const Cell& cell) {
  if (cells == 0 || cell.exact_fraction() < worst) {
    worst = cell.exact_fraction();
    worst_cell = CellName(cell);
  }
  unequal = unequal || (cells > 0 && cell.samples * cells != samples);
  fractions += cell.exact_fraction();
  ++cells;
  samples += cell.samples;
  exact += cell.exact;
  first_exact += std::max<int64_t>(0, cell.first_exact);
}

std::string Summary(const std::vector<Cell>& cells) {
  std::vector<std::string> tasks;  // in the order in which they come first
  for (const Cell& cell : cells) {
    if (std::find(tasks.begin(), tasks.end(), cell.task) == tasks.end()) tasks.push_back(cell.task);
  }
  const Answered answered(cells);
  std::string text;
  for (const std::string& task : tasks) {
    absl::StrAppend(&text, TaskLines(tasks.size() == 1 ? "" : absl::StrCat(task, ", "), task, cells, answered));
  }
  return text;
}

std::string SamplesUsed(const std::vector<Cell>& cells) {
  const Answered answered(cells);
  std::set<std::tuple<std::string, std::string, std::string, int64_t, int64_t, int64_t>> seen;
  int64_t used = 0, allowed = 0, looked_up = 0, known = 0;
  for (const Cell& cell : cells) {
    const auto is_new =
        seen.emplace(answered.By(cell), cell.task, cell.problems, cell.first_digits, cell.second_digits, cell.operands);
    if (!is_new.second) continue;
    used += cell.samples;
    allowed += cell.samples_max;
    if (cell.in_training < 0) continue;
    looked_up += cell.samples;
    known += cell.in_training;
  }
  const std::string fewer =
      used < allowed ? absl::StrCat(", ", allowed - used, " fewer than the ", allowed, " allowed") : "";
  const std::string trained =
      looked_up > 0 ? absl::StrCat(", ", known, " of ", looked_up, " are in the training data") : "";
  return absl::StrCat(used, " samples in ", seen.size(), seen.size() == 1 ? " cell" : " cells", fewer, trained);
}

}  // namespace tally

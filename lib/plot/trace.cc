// What a looped model keeps while it works: the text of `predict --trace`, read and drawn.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/plot/plot.h"
#include "lib/results/cell.h"

namespace tally {
namespace {

// `text` is "12,3,0", or "360", a digit each.
bool ReadValues(absl::string_view text, std::vector<int64_t>* values) {
  std::vector<std::string> words = absl::StrSplit(text, ',');
  if (words.size() == 1) words = absl::StrSplit(text, absl::ByLength(1));
  for (const std::string& word : words) {
    if (!absl::SimpleAtoi(word, &values->emplace_back()) || values->back() < 0) return false;
  }
  return !values->empty();
}

// Adds `  1  digit 3600  carry 0000  differs`; false where it does not go on from what is there.
bool AddRecurrence(absl::string_view line, Trace* trace) {
  std::vector<absl::string_view> fields = absl::StrSplit(line, "  ", absl::SkipEmpty());
  const bool differs = !fields.empty() && fields.back() == "differs";
  if (differs) fields.pop_back();
  if (fields.size() < 2 || fields[0] != absl::StrCat(trace->differs.size() + 1)) return false;
  if (trace->differs.empty()) trace->variables.resize(fields.size() - 1);
  if (fields.size() != trace->variables.size() + 1) return false;
  for (size_t v = 0; v < trace->variables.size(); ++v) {
    TracedVariable& variable = trace->variables[v];
    const std::pair<absl::string_view, absl::string_view> name_and_values =
        absl::StrSplit(fields[v + 1], absl::MaxSplits(' ', 1));
    if (trace->differs.empty()) variable.name = std::string(name_and_values.first);
    if (variable.name != name_and_values.first) return false;
    if (!ReadValues(name_and_values.second, &variable.values.emplace_back())) return false;
    if (variable.values.back().size() != trace->variables[0].values[0].size()) return false;
  }
  trace->differs.push_back(differs);
  return true;
}

// x, y, value of every cell; y counts recurrences.
std::string Block(size_t v, const TracedVariable& variable) {
  std::string block = absl::StrFormat("$v%d << END\n", v);
  for (size_t r = 0; r < variable.values.size(); ++r) {
    for (size_t t = 0; t < variable.values[r].size(); ++t) {
      absl::StrAppendFormat(&block, "%d %d %d\n", t, r + 1, variable.values[r][t]);
    }
  }
  return block + "END\n";
}

std::string Panel(size_t v, const Trace& trace, const PictureSize& size) {
  const TracedVariable& variable = trace.variables[v];
  const auto columns = static_cast<int>(variable.values[0].size()), rows = static_cast<int>(variable.values.size());
  int64_t most = 1;
  for (const auto& row : variable.values) most = std::max(most, *std::max_element(row.begin(), row.end()));
  std::string panel = absl::StrFormat(
      "set title %s noenhanced font ',13'\nset cbrange [0:%d]\nset xtics out nomirror %d\nset ytics out nomirror %d\n"
      "set xrange [-0.5:%g]\nset yrange [%g:0.5]\nset xlabel 'token of the answer, from 0'\nset ylabel 'recurrence'\n",
      Quoted(variable.name), most, RoundStep(1 + columns / 20), RoundStep(1 + rows / 12), columns - 0.5, rows + 0.5);
  const double wide = 0.8 * size.width / columns;
  const double tall = 0.6 * size.height / static_cast<double>(trace.variables.size()) / rows;
  const double font = std::min({13.0, wide / 2, tall / 1.5});
  absl::StrAppendFormat(&panel, "plot $v%d using 1:2:3 with image notitle", v);
  if (font >= 6) {
    absl::StrAppendFormat(&panel,
                          ", $v%d using 1:2:3:($3 > %g ? 0xffffff : 0x202020) with labels font ',%d' textcolor rgb "
                          "variable notitle",
                          v, 0.55 * static_cast<double>(most), static_cast<int>(font));
  }
  return panel + "\n";
}

std::string Script(const Trace& trace, const std::string& title, const PictureSize& size, absl::string_view format) {
  const std::string name = ShortTitle(title.empty() ? trace.line : title);
  std::string script = absl::StrCat(TerminalLine(format, size), kPalette);
  for (size_t v = 0; v < trace.variables.size(); ++v) absl::StrAppend(&script, Block(v, trace.variables[v]));
  absl::StrAppendFormat(&script, "set multiplot layout %d,1 title %s noenhanced font ',%d'\n", trace.variables.size(),
                        Quoted(name), TitleFont(name, size));
  for (size_t v = 0; v < trace.variables.size(); ++v) absl::StrAppend(&script, Panel(v, trace, size));
  return script + "unset multiplot\n";
}

// The first recurrence that goes wrong is what a reader looks for.
std::string Text(const Trace& trace) {
  const auto wrong = std::find(trace.differs.begin(), trace.differs.end(), true);
  std::string text = absl::StrCat(trace.line, ": ", Counted(trace.differs.size(), "recurrence"), ", ");
  if (wrong == trace.differs.end()) return absl::StrCat(text, "all as the task has them\n");
  return absl::StrCat(text, "the first that differs from the task: ", wrong - trace.differs.begin() + 1, "\n");
}

}  // namespace

absl::StatusOr<Trace> ReadTrace(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Trace trace;
  int64_t number = 0;
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    ++number;
    const bool first = number == 1;
    if (first && !line.empty() && !absl::StartsWith(line, " ")) {
      trace.line = std::string(line);
    } else if (first || !AddRecurrence(line, &trace)) {
      return BadInputError(absl::StrCat(InputName(path), ":", number, ": found ", Quote(line),
                                        ", expected what predict --trace prints of one problem: the problem, and a "
                                        "line for each recurrence"));
    }
  }
  if (trace.differs.empty())
    return BadInputError(absl::StrCat(InputName(path), ": found no recurrence, expected at least one"));
  return trace;
}

absl::Status DrawTrace(const Trace& trace, const std::string& title, const PictureSize& size, const std::string& path) {
  return DrawPicture(
      path, size, [&](absl::string_view format) { return Script(trace, title, size, format); },
      [&] { return Text(trace); });
}

}  // namespace tally

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/os/same_file.h"
#include "lib/base/shard.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/config/given_flags.h"
#include "lib/eval/evaluate.h"
#include "lib/results/export_results.h"
#include "lib/results/merge.h"
#include "lib/results/reference_results.h"
#include "lib/results/settings.h"
#include "lib/results/summary.h"

namespace tally {
namespace {

// BadInput where a cell is there twice, and so would count twice.
absl::Status CheckNoneTwice(const std::vector<Cell>& cells) {
  std::set<std::tuple<std::string, std::string, int64_t, int64_t>> seen;
  for (const Cell& cell : cells) {
    const std::string name = CellName(cell);
    if (seen.emplace(SettingsToJson(SettingsOf(cell)), name, cell.recurrences, cell.line).second) continue;
    return BadInputError(absl::StrCat("found two cells of ", name, " of ", cell.model, ", expected one"));
  }
  return absl::OkStatus();
}

absl::Status PrintSummaryOf(const std::vector<std::string>& files, const std::string& out) {
  if (files.empty()) return UsageError("found no file, expected results");
  std::vector<Cell> cells;
  for (const std::string& file : files) {
    TALLY_ASSIGN_OR_RETURN(const std::vector<Cell> more, ReadResults(file));
    cells.insert(cells.end(), more.begin(), more.end());
  }
  TALLY_RETURN_IF_ERROR(CheckNoneTwice(cells));
  TALLY_ASSIGN_OR_RETURN(const auto stream, OutputStream::Open(out));
  TALLY_RETURN_IF_ERROR(stream->Write(absl::StrCat(Summary(cells), SamplesUsed(cells), "\n")));
  return stream->Commit();
}

// UsageError for a flag that says how a model is evaluated, as none is.
absl::Status RefuseFlagsOfEvaluation(const std::string& word, const EvaluateOptions& options) {
  const std::vector<std::string> given = GivenFlags(options.flags, {"out"});
  if (given.empty()) return absl::OkStatus();
  return UsageError(absl::StrCat("--", given[0], " is for evaluating a model, not for ", word, " of results"));
}

absl::Status RunWord(const std::string& word, const std::vector<std::string>& files, const std::string& out) {
  TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--out", out, files));
  if (word == "merge") return MergeCells(files, out);
  if (word == "summary") return PrintSummaryOf(files, out);
  if (word == "export") return ExportResults(files, out);
  return UsageError(absl::StrCat("found the word ", word, ", expected merge, summary, export, or none",
                                 DidYouMean(word, {"merge", "summary", "export"})));
}

}  // namespace

absl::Status RunEvaluationTool(const std::vector<std::string>& words, EvaluateOptions options) {
  const EvaluationFlags& flags = options.flags;
  if (!words.empty()) {
    TALLY_RETURN_IF_ERROR(RefuseFlagsOfEvaluation(words[0], options));
    return RunWord(words[0], {words.begin() + 1, words.end()}, flags.out());
  }
  TALLY_ASSIGN_OR_RETURN(options.shard, ParseShard(flags.shard()));
  TALLY_ASSIGN_OR_RETURN(const std::vector<int64_t> counts, ParseRecurrences(flags.recurrences()));
  if (!counts.empty()) options.grid.recurrences = counts;
  return Evaluate(options);
}

}  // namespace tally

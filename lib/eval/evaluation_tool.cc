#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/shard.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/eval/evaluate.h"
#include "lib/results/export_results.h"
#include "lib/results/merge.h"
#include "lib/results/reference_results.h"
#include "lib/results/summary.h"

namespace tally {
namespace {

absl::Status PrintSummaryOf(const std::vector<std::string>& files, const std::string& out) {
  if (files.empty()) return UsageError("found no file, expected results");
  std::vector<Cell> cells;
  for (const std::string& file : files) {
    TALLY_ASSIGN_OR_RETURN(const std::vector<Cell> more, ReadResults(file));
    cells.insert(cells.end(), more.begin(), more.end());
  }
  TALLY_ASSIGN_OR_RETURN(const auto stream, OutputStream::Open(out));
  TALLY_RETURN_IF_ERROR(stream->Write(absl::StrCat(Summary(cells), SamplesUsed(cells), "\n")));
  return stream->Commit();
}

absl::Status RunWord(const std::string& word, const std::vector<std::string>& files, const std::string& out) {
  if (word == "merge") return MergeCells(files, out);
  if (word == "summary") return PrintSummaryOf(files, out);
  if (word == "export") return ExportResults(files, out);
  return UsageError(absl::StrCat("found the word ", word, ", expected merge, summary, export, or none",
                                 DidYouMean(word, {"merge", "summary", "export"})));
}

}  // namespace

absl::Status RunEvaluationTool(const std::vector<std::string>& words, EvaluateOptions options) {
  const EvaluationFlags& flags = options.flags;
  if (!words.empty()) return RunWord(words[0], {words.begin() + 1, words.end()}, flags.out());
  TALLY_ASSIGN_OR_RETURN(options.shard, ParseShard(flags.shard()));
  TALLY_ASSIGN_OR_RETURN(const std::vector<int64_t> counts, ParseRecurrences(flags.recurrences()));
  if (!counts.empty()) options.grid.recurrences = counts;
  return Evaluate(options);
}

}  // namespace tally

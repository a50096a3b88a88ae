// What the folders of runs say about them, as tables: configuration, data, and what training has cost so far.
#ifndef TALLY_LIB_PLOT_REPORT_RUN_FACTS_H_
#define TALLY_LIB_PLOT_REPORT_RUN_FACTS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/plot/table.h"

namespace tally {

// A run on a page.
struct ReportedRun {
  std::string label;   // the user's, or the path
  std::string path;    // its folder
  std::string config;  // text of its config.textproto
};

// The runs that `words` name, [LABEL=]FOLDER. MissingInput where one has no configuration.
absl::StatusOr<std::vector<ReportedRun>> ReadReportedRuns(const std::vector<std::string>& words);

// The fields of a configuration in text format, in their order: {"model.hidden_size", "64"}. Values of a field that
// comes several times are joined by commas.
std::vector<std::pair<std::string, std::string>> ConfigFields(absl::string_view text);

// A row for each field in which the runs differ, a column for each run; "-" where a run has no such field.
TextTable ConfigDifferences(const std::vector<ReportedRun>& runs);

// The newest measures of each run, as its metrics.jsonl has them, a column for each run, with the highest resident_mb.
// No rows where nothing was logged yet. BadInput with file and line where the last whole line is no JSON object.
absl::StatusOr<TextTable> NewestMeasures(const std::vector<ReportedRun>& runs);

// What each run's newest process was trained on, as its machine.jsonl has it, a column for each run. No rows where no
// run has one. BadInput as above.
absl::StatusOr<TextTable> Machines(const std::vector<ReportedRun>& runs);

// A row for each data set that a run was trained on: what its file says now, if it is still there.
TextTable DataSets(const std::vector<ReportedRun>& runs);

// Whether a process is training the run in this folder: it holds a lock on it.
bool IsTraining(const std::string& run);

// The first `most` lines of a file of eval --log_samples, and how many there are. BadInput with file and line.
struct WrongAnswers {
  TextTable table;
  int64_t all = 0;
};
absl::StatusOr<WrongAnswers> ReadWrongAnswers(const std::string& path, int64_t most);

// Whether the first line of a file is one of eval --log_samples.
bool HoldsWrongAnswers(const std::string& path);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_REPORT_RUN_FACTS_H_

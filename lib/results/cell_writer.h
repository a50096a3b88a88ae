// Writes the cells of an evaluation so that a stopped or killed one continues where it was.
//
// Where the cells go to a file, FILE.partial holds what is finished so far, one group of lines a cell:
//
//     settings {...}      first line: what all cells are measured with
//     log {...}           wrong answers of the cell, if requested
//     answer {...}        answers of the cell, if requested
//     cell {...}          the cell, one line for each recurrence count
//     done
//
//   1. Open locks FILE.partial, compares its settings, keeps all whole groups and cuts off what follows the last one.
//   2. Add appends a group.
//   3. Commit writes the logs, then FILE, each complete or absent, and removes FILE.partial. Killed in between, the
//      next Open finds all groups, and Commit writes the same again.
//
// Cells for standard output, or for a pipe or device, are written at once; nothing is kept.
#ifndef TALLY_LIB_RESULTS_CELL_WRITER_H_
#define TALLY_LIB_RESULTS_CELL_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/base/os/append_file.h"
#include "lib/base/streams.h"
#include "lib/results/cell.h"
#include "lib/results/settings.h"

namespace tally {

// Where the lines of logs go: files; "": they are dropped.
struct LogFiles {
  std::string wrong;    // wrong answers
  std::string answers;  // answers of all kinds
};

// The lines of a cell's logs, JSON without newlines.
struct LogLines {
  std::vector<std::string> wrong;
  std::vector<std::string> answers;
};

// Not thread-safe.
class CellWriter {
 public:
  // Cells go to `out`, log lines to `logs`. UsageError where one of these is not a file of its own, and where
  // FILE.partial has other settings; CannotCreate where another process holds it or a file cannot be made; BadInput,
  // with the line, where FILE.partial is damaged.
  static absl::StatusOr<std::unique_ptr<CellWriter>> Open(const std::string& out, const LogFiles& logs,
                                                          const Settings& settings);
  ~CellWriter();  // without Commit, finished groups stay in FILE.partial; one without groups is removed
  CellWriter(const CellWriter&) = delete;
  CellWriter& operator=(const CellWriter&) = delete;

  // Groups added, those kept from earlier processes included.
  int64_t groups() const { return groups_; }

  // Whether a later process can go on from here.
  bool keeps() const { return kept_ != nullptr; }

  // All cells of these groups.
  const std::vector<Cell>& cells() const { return cells_; }

  // Adds a group: a cell with its recurrence counts, and its log lines.
  absl::Status Add(const std::vector<Cell>& cells, const LogLines& lines);

  // Makes the files appear. Call once, at the end.
  absl::Status Commit();

 private:
  CellWriter(std::string out, LogFiles logs);
  absl::Status OpenPartial(const Settings& settings);
  absl::Status ReadPartial(const Settings& settings);
  absl::Status CheckSettings(absl::string_view line, const Settings& settings) const;
  absl::Status CopyLines(const std::string& kind, const std::string& path);

  const std::string out_;
  const LogFiles logs_;
  const std::string partial_;                                    // FILE.partial
  std::unique_ptr<AppendFile> kept_;                             // FILE.partial; null: cells are written at once
  std::unique_ptr<OutputStream> direct_;                         // cells, where they are written at once
  std::unique_ptr<OutputStream> direct_wrong_, direct_answers_;  // and the logs
  int64_t groups_ = 0;
  std::vector<Cell> cells_;
  bool committed_ = false;
};

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_CELL_WRITER_H_

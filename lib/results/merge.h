// The files of an evaluation's shards as one.
#ifndef TALLY_LIB_RESULTS_MERGE_H_
#define TALLY_LIB_RESULTS_MERGE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tally {

// Writes the lines of `files` ("-": standard input) to `out`, in the order of the grid that they record, of several
// tasks one task's grid after another's, or of given problems in the order of the places that they record: the bytes
// that one evaluation without shards writes. A file may be empty, as that of a shard without cells is.
//
// BadInput, which names cells, where a line is not a cell of a grid or none of its own grid, where lines differ in what
// they were measured with (settings.h), task by task, given problems by their hash, and where cells are missing or
// found twice: the first few and how many. UsageError for no file.
absl::Status MergeCells(const std::vector<std::string>& files, const std::string& out);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_MERGE_H_

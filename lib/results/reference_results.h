// Results as the reference's evaluation scripts write them (docs/formats/results.md, "Files of the reference").
#ifndef TALLY_LIB_RESULTS_REFERENCE_RESULTS_H_
#define TALLY_LIB_RESULTS_REFERENCE_RESULTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/results/cell.h"

namespace tally {

// A grid as the file has it: rows of shares or percents, and with a piece the last cell that is done.
struct ReferenceNumbers {
  std::vector<std::vector<double>> rows;
  int64_t last_first = 0, last_second = 0;  // 0: all are done
};
std::string ReferenceGridJson(const ReferenceNumbers& numbers, bool is_piece);

// The share of each length, as a file by length has it.
std::string ReferenceLengthsJson(const std::map<int64_t, double>& shares);

// Cells of `path`: lines of Tally (ReadCells), or results of the reference: a file `accs_grid_quick*.json` or
// `over_100_*.json`, `acc_for_N_M.txt` with its `top_1_acc_for_N_M.txt`, or a folder of the latter. Their task is
// `task`, where it is not
// "" and the files do not tell; their model is the folder before `downstream`, else that of the file; the number of
// samples, which the files do not have, is the least of 100, 200, ..., 1000 that the share is a share of, else the
// least number of all. BadInput with the file.
absl::StatusOr<std::vector<Cell>> ReadResults(const std::string& path, const std::string& task = "");

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_REFERENCE_RESULTS_H_

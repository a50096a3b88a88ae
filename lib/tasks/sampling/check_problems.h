// The job of `datagen check`: proves that files of problems are right, and that no two of them share a problem.
#ifndef TALLY_LIB_TASKS_SAMPLING_CHECK_PROBLEMS_H_
#define TALLY_LIB_TASKS_SAMPLING_CHECK_PROBLEMS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/tasks/problem.h"

namespace tally {

struct CheckOptions {
  std::vector<ProblemFormat> formats = {ProblemFormat()};
  std::vector<std::string> files;
  std::string out = "-";  // the report
};

// Reads every line of every file. A line whose answer differs from the oracle's (oracle.h), and a problem that a file
// shares with an earlier one (whatever its layout; 2+3 is 3+2), is an offender. Writes the first ten offenders of each
// kind, one a line with file and line number, and a summary. CheckFailed where there is any; BadInput where a line is
// no problem of a task. Problems are compared by 128-bit hashes: equal ones never escape. Memory: 24 bytes a line.
absl::Status CheckProblems(const CheckOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_CHECK_PROBLEMS_H_

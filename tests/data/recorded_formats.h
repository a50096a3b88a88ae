// The recorded data sets and the formats of their lines (README.md).
#ifndef TALLY_TESTS_DATA_RECORDED_FORMATS_H_
#define TALLY_TESTS_DATA_RECORDED_FORMATS_H_

#include <utility>
#include <vector>

#include "lib/tasks/problem_format.h"

namespace tally {

// NAME of tests/data/NAME.txt -> what its lines look like, all of them.
std::vector<std::pair<const char*, ProblemFormat>> RecordedFormats();

}  // namespace tally

#endif  // TALLY_TESTS_DATA_RECORDED_FORMATS_H_

// A small run for tests.
#ifndef TALLY_LIB_EVAL_RUN_FOR_TEST_H_
#define TALLY_LIB_EVAL_RUN_FOR_TEST_H_

#include <string>

#include "lib/tasks/problem_format.h"

namespace tally {

// Makes a run with one checkpoint, step 12, of a small random model for `format`, trained on at most 3 x 3 digits, in
// the tests' folder. Returns its path.
std::string MakeRunForTest(const std::string& name, const ProblemFormat& format = {});

}  // namespace tally

#endif  // TALLY_LIB_EVAL_RUN_FOR_TEST_H_

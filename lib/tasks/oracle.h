// Exact answers, independently of how datagen finds them: numbers by GMP, order and bits by the standard library. The
// judge of lib/arithmetic in tests, of `datagen check`, and of a model's answers in `predict --check`.
#ifndef TALLY_LIB_TASKS_ORACLE_H_
#define TALLY_LIB_TASKS_ORACLE_H_

#include <string>

#include "lib/tasks/problem.h"

namespace tally {

// The answer of `problem` as the line should have it under `format`, without hints and spaces. `problem.answer` is not
// read.
std::string OracleAnswer(const ParsedProblem& problem, const ProblemFormat& format);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_ORACLE_H_

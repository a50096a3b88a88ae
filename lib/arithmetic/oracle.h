// Exact answers by GMP: the independent judge of lib/arithmetic in tests, and of a model's answers in `predict
// --check`.
#ifndef TALLY_LIB_ARITHMETIC_ORACLE_H_
#define TALLY_LIB_ARITHMETIC_ORACLE_H_

#include <string>

#include "lib/arithmetic/problem.h"

namespace tally {

// The answer of `problem` as the line should have it under `format`, computed by GMP: the sum with as many digits as
// the longer operand, or one more. `problem.answer` is not read.
std::string OracleAnswer(const ParsedProblem& problem, const ProblemFormat& format);

}  // namespace tally

#endif  // TALLY_LIB_ARITHMETIC_ORACLE_H_

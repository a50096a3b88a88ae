// A wrong answer as one JSON line: what `--log_samples` writes (docs/formats/results.md).
#ifndef TALLY_LIB_RESULTS_WRONG_ANSWER_H_
#define TALLY_LIB_RESULTS_WRONG_ANSWER_H_

#include <cstdint>
#include <string>

#include "lib/results/cell.h"

namespace tally {

struct WrongAnswer {
  int64_t sample = 0;    // number of the problem in its cell, from 0
  std::string problem;   // "321+54="
  std::string expected;  // "573"
  std::string got;       // "574"
  bool ended = true;     // the end token came; else the answer was cut off
};

// The line, without a newline, of a wrong answer in `cell`.
std::string WrongAnswerToJson(const Cell& cell, const WrongAnswer& answer);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_WRONG_ANSWER_H_

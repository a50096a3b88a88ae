// One problem to answer. Torch-free.
#ifndef TALLY_LIB_EVAL_SCORE_LINE_H_
#define TALLY_LIB_EVAL_SCORE_LINE_H_

#include <cstdint>
#include <string>

namespace tally {

// `321+54=573` and the number that its random initial state depends on.
struct ScoreLine {
  std::string text;
  uint64_t sample = 0;
  int64_t cell = 0;  // lines of different cells are never in one batch, so none changes the rounding of another's
};

}  // namespace tally

#endif  // TALLY_LIB_EVAL_SCORE_LINE_H_

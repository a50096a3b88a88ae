// A problem as ids, while a data set or a stream of them is made.
#ifndef TALLY_LIB_DATASET_TOKEN_ROW_H_
#define TALLY_LIB_DATASET_TOKEN_ROW_H_

#include <cstdint>
#include <vector>

#include "lib/tasks/parsed_problem.h"

namespace tally {

struct TokenRow {
  ProblemSize size;
  std::vector<uint8_t> ids;  // without the EOS
  int64_t answer_start = 0;  // position in ids
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_TOKEN_ROW_H_

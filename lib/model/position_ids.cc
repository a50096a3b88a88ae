#include "lib/model/position_ids.h"

#include "lib/tokenizer/vocabulary.h"

namespace tally {

void AbacusIds(const int64_t* ids, int64_t length, int64_t* out) {
  int64_t run = 0;
  for (int64_t i = 0; i < length; ++i) {
    run = IsDigitId(ids[i]) ? run + 1 : 0;
    out[i] = run;
  }
}

void CoupledIds(const int64_t* ids, int64_t length, int64_t* out) {
  AbacusIds(ids, length, out);
  for (int64_t i = 0; i < length; ++i) {
    const bool special = ids[i] < kFirstDigitId;
    if (!special) out[i] += 1;
  }
}

}  // namespace tally

// Flags that eval and predict share.
#ifndef TALLY_LIB_EVAL_MODEL_FLAGS_H_
#define TALLY_LIB_EVAL_MODEL_FLAGS_H_

#include "absl/status/status.h"
#include "lib/base/status_macros.h"
#include "lib/config/flag_range.h"

namespace tally {

// UsageError naming the flag for an offset, logit factor, temperature, top_k or number of threads out of its range.
// `options`: an EvaluateOptions or PredictOptions.
template <typename Options>
absl::Status CheckModelFlags(const Options& options) {
  TALLY_RETURN_IF_ERROR(CheckFlagRange("offset", options.offset, -1, 1e6));
  TALLY_RETURN_IF_ERROR(CheckFlagRange("logit_factor", options.logit_factor, 1e-3, 1e3));
  TALLY_RETURN_IF_ERROR(CheckFlagRange("temperature", options.temperature, 0, 1e3));
  TALLY_RETURN_IF_ERROR(CheckFlagRange("top_k", options.top_k, 0, 1e6));
  return CheckFlagRange("threads", options.threads, 0, 4096);
}

}  // namespace tally

#endif  // TALLY_LIB_EVAL_MODEL_FLAGS_H_

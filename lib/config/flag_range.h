// Numbers that flags may have.
#ifndef TALLY_LIB_CONFIG_FLAG_RANGE_H_
#define TALLY_LIB_CONFIG_FLAG_RANGE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally {

// UsageError naming the flag where `value` is not within min..max, both ends included; also for a NaN.
absl::Status CheckFlagRange(absl::string_view flag, double value, double min, double max);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_FLAG_RANGE_H_

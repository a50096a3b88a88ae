#include "lib/config/flag_range.h"

#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"

namespace tally {

absl::Status CheckFlagRange(absl::string_view flag, double value, double min, double max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return UsageError(absl::StrFormat("--%s=%.10g; expected %.10g..%.10g", flag, value, min, max));
}

}  // namespace tally

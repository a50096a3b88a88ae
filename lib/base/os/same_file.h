// Whether names are of one file.
#ifndef TALLY_LIB_BASE_OS_SAME_FILE_H_
#define TALLY_LIB_BASE_OS_SAME_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally {

// UsageError where the file `out` is one of `inputs`, by whatever name, and would replace what is read. `flag`:
// "--out". Thread-safe.
absl::Status CheckReplacesNoInput(absl::string_view flag, const std::string& out,
                                  const std::vector<std::string>& inputs);

}  // namespace tally

#endif  // TALLY_LIB_BASE_OS_SAME_FILE_H_

#include "lib/base/os/same_file.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {

absl::Status CheckReplacesNoInput(absl::string_view flag, const std::string& out,
                                  const std::vector<std::string>& inputs) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(out, none)) return absl::OkStatus();  // a device is not replaced
  for (const std::string& input : inputs) {
    if (!std::filesystem::equivalent(out, input, none)) continue;
    return UsageError(absl::StrCat(flag, "=", out, ": would replace what is read, ", input, "; expected another file"));
  }
  return absl::OkStatus();
}

}  // namespace tally

#include "lib/base/os/path_exists.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {

absl::StatusOr<bool> CheckExists(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status)) return true;
  if (status.type() == std::filesystem::file_type::not_found) return false;
  return IoError(absl::StrCat(path, ": cannot tell whether it is there: ", error.message()));
}

}  // namespace tally

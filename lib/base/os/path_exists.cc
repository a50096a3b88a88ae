#include "lib/base/os/path_exists.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {

absl::StatusOr<bool> CheckExists(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status)) return true;
  if (status.type() == std::filesystem::file_type::not_found) return false;
  return IoError(absl::StrCat(path, ": cannot tell whether it is there: ", error.message()));
}

absl::StatusOr<std::string> ReadIfThere(const std::string& path, int64_t max_bytes) {
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(path));
  if (!there) return "";
  return ReadFile(path, max_bytes);
}

}  // namespace tally

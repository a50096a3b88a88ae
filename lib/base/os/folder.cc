#include "lib/base/os/folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {

namespace fs = std::filesystem;

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  // Not a range: its steps throw.
  for (fs::directory_iterator place(path, error); !error && place != fs::directory_iterator(); place.increment(error)) {
    names.push_back(place->path().filename().string());
  }
  const bool none = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  if (error && !none) return IoError(absl::StrCat(path, ": cannot be listed: ", error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> LinkTarget(const std::string& path) {
  std::error_code error;
  const std::string target = fs::read_symlink(path, error).string();
  const bool none = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory ||
                    error == std::errc::invalid_argument;
  if (error && !none) return IoError(absl::StrCat(path, ": cannot be read: ", error.message()));
  return target;
}

absl::StatusOr<std::string> TemporaryFolderPath() {
  std::error_code error;
  const fs::path path = fs::temp_directory_path(error);
  if (!error) return path.string();
  return CannotCreateError(absl::StrCat("the folder for temporary files, TMPDIR or /tmp: ", error.message()));
}

}  // namespace tally

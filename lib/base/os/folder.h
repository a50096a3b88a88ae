// What is in a folder, and where a link leads; a disk that does not answer is an error.
#ifndef TALLY_LIB_BASE_OS_FOLDER_H_
#define TALLY_LIB_BASE_OS_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tally {

// The names in the folder `path`, in alphabetical order, without . and ..; none where it is not there or no folder.
// IoError. Thread-safe.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);

// What the link `path` points to, as it says; "" where it is not there or no link. IoError. Thread-safe.
absl::StatusOr<std::string> LinkTarget(const std::string& path);

// The folder for temporary files: TMPDIR, or /tmp. CannotCreate where it is none. Thread-safe.
absl::StatusOr<std::string> TemporaryFolderPath();

}  // namespace tally

#endif  // TALLY_LIB_BASE_OS_FOLDER_H_

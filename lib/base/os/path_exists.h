// Whether something is there, told apart from a disk that does not answer; and what it holds.
#ifndef TALLY_LIB_BASE_OS_PATH_EXISTS_H_
#define TALLY_LIB_BASE_OS_PATH_EXISTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace tally {

// True where `path` names a file, a folder or a link to one; false where it names none. IoError where that cannot be
// told (a failing disk, a stale handle of a network file system): who takes that for "absent" would write over what is
// there. Thread-safe.
absl::StatusOr<bool> CheckExists(const std::string& path);

// What the file `path` holds, as ReadFile (lib/base/streams.h); "" where it is not there.
absl::StatusOr<std::string> ReadIfThere(const std::string& path, int64_t max_bytes = int64_t{1} << 30);

}  // namespace tally

#endif  // TALLY_LIB_BASE_OS_PATH_EXISTS_H_

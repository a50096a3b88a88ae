// What is done with a file's descriptor where streams are too much.
#ifndef TALLY_LIB_BASE_OS_DESCRIPTORS_H_
#define TALLY_LIB_BASE_OS_DESCRIPTORS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// Writes *data at the place of `fd`, however few bytes the system takes at a time, and returns 0, or the error number
// of the first write that failed; *data is then what was not written.
int WriteFully(int fd, absl::string_view* data);

// A descriptor to write and read a new file without a name in `folder`, or one whose name is removed at once where the
// file system knows no such files: it is gone with its descriptor. CannotCreate with the folder.
absl::StatusOr<int> OpenNameless(const std::string& folder);

}  // namespace tally

#endif  // TALLY_LIB_BASE_OS_DESCRIPTORS_H_

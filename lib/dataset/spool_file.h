// An anonymous temporary file on disk for data that is read again later, so that memory does not grow with it.
#ifndef TALLY_LIB_DATASET_SPOOL_FILE_H_
#define TALLY_LIB_DATASET_SPOOL_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// Bytes go in at the end and come out from the start. Nothing is left of the file when the process ends, in whatever
// way. Not thread-safe.
class SpoolFile {
 public:
  // In `folder`, which must have room for the data. CannotCreate.
  static absl::StatusOr<std::unique_ptr<SpoolFile>> Open(const std::string& folder);
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  // IoError (disk full).
  absl::Status Append(absl::string_view bytes);

  // Calls `consume` with all bytes in order, some at a time; stops at its first error. IoError.
  absl::Status ReadAll(const std::function<absl::Status(absl::string_view)>& consume);

 private:
  SpoolFile(std::string folder, int fd);
  absl::Status Flush();

  const std::string folder_;
  const int fd_;
  int64_t written_ = 0;  // bytes in the file
  std::string buffer_;   // bytes behind those
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_SPOOL_FILE_H_

// A file that grows by whole records: a log that others follow while it is written.
#ifndef TALLY_LIB_BASE_OS_APPEND_FILE_H_
#define TALLY_LIB_BASE_OS_APPEND_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// Not thread-safe.
class AppendFile {
 public:
  // Opens `path` for reading and appending, and makes it where it is not there. CannotCreate.
  static absl::StatusOr<std::unique_ptr<AppendFile>> Open(const std::string& path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Appends `record`; others see it at once. IoError with the reason; then nothing of it stays, unless the machine or
  // the process ends in the midst of it.
  absl::Status Append(absl::string_view record);

  // Cuts the file off after `size` bytes. IoError.
  absl::Status Cut(int64_t size);

  // What was appended survives a crash of the machine from here on. IoError.
  absl::Status Sync();

  const std::string& path() const { return path_; }
  int fd() const { return fd_; }

 private:
  AppendFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  absl::Status Failed(absl::string_view action, int error) const;

  const std::string path_;
  const int fd_;
};

}  // namespace tally

#endif  // TALLY_LIB_BASE_OS_APPEND_FILE_H_

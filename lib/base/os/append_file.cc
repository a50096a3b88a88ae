#include "lib/base/os/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/descriptors.h"

namespace tally {

absl::StatusOr<std::unique_ptr<AppendFile>> AppendFile::Open(const std::string& path) {
  const int fd = TEMP_FAILURE_RETRY(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (fd < 0) return OpenError(path, errno, /*writing=*/true);
  return std::unique_ptr<AppendFile>(new AppendFile(path, fd));
}

AppendFile::~AppendFile() { close(fd_); }

absl::Status AppendFile::Failed(absl::string_view action, int error) const {
  return IoError(absl::StrCat(path_, ": cannot ", action, ": ", std::generic_category().message(error)));
}

absl::Status AppendFile::Append(absl::string_view record) {
  absl::string_view left = record;
  const int error = WriteFully(fd_, &left);
  if (error == 0) return absl::OkStatus();
  const auto torn = static_cast<int64_t>(record.size() - left.size());
  struct stat info;
  // Best effort: the error is the one above.
  if (torn > 0 && fstat(fd_, &info) == 0) Cut(info.st_size - torn).IgnoreError();
  return Failed("append", error);
}

absl::Status AppendFile::Cut(int64_t size) {
  return TEMP_FAILURE_RETRY(ftruncate(fd_, size)) == 0 ? absl::OkStatus() : Failed("cut", errno);
}

absl::Status AppendFile::Sync() {
  // Devices and pipes have nothing to flush: EINVAL.
  return TEMP_FAILURE_RETRY(fsync(fd_)) == 0 || errno == EINVAL ? absl::OkStatus() : Failed("write", errno);
}

}  // namespace tally

// The steps are those of the header; step 3 makes the file survive a crash of the machine, not only of the process.
#include "lib/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

FileFaultHook fault_hook = nullptr;

absl::Status Fault(absl::string_view step, const std::string& path) {
  return fault_hook == nullptr ? absl::OkStatus() : fault_hook(step, path);
}

absl::Status Failed(absl::string_view action, const std::string& path, int error_number) {
  return IoError(absl::StrCat(path, ": cannot ", action, ": ", std::generic_category().message(error_number)));
}

std::string TemporaryName(const std::string& path) {
  static std::atomic<int64_t> counter{0};
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  return absl::StrCat(folder, ".", name, ".tmp.", getpid(), ".", counter++);
}

// Writes all of `data` at `offset` of `fd`.
absl::Status WriteAllAt(int fd, int64_t offset, absl::string_view data, const std::string& path) {
  TALLY_RETURN_IF_ERROR(Fault("write", path));
  while (!data.empty()) {
    const ssize_t written = pwrite(fd, data.data(), data.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path, errno);
    data.remove_prefix(written);
    offset += written;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AtomicFile>> AtomicFile::Open(const std::string& path) {
  struct stat info;
  if (path.empty()) return CannotCreateError("an output file needs a name, found an empty one");
  const bool there = stat(path.c_str(), &info) == 0;
  // Else the rename at the end would be the first to say so, after all of the work.
  if (path.back() == '/' || (there && S_ISDIR(info.st_mode))) return OpenError(path, EISDIR, /*writing=*/true);
  // Else root's `--out=/dev/null` would put a file in the place of the device.
  if (there && !S_ISREG(info.st_mode)) {
    return CannotCreateError(absl::StrCat(path, ": found a device, pipe or socket, expected a file or none"));
  }
  std::string temporary = TemporaryName(path);
  const int fd = TEMP_FAILURE_RETRY(open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (fd < 0) return OpenError(path, errno, /*writing=*/true);
  return std::unique_ptr<AtomicFile>(new AtomicFile(path, std::move(temporary), fd));
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (!committed_) unlink(temporary_.c_str());
}

absl::Status AtomicFile::Append(absl::string_view data) {
  TALLY_RETURN_IF_ERROR(WriteAllAt(fd_, size_, data, path_));
  size_ += static_cast<int64_t>(data.size());
  return absl::OkStatus();
}

absl::Status AtomicFile::WriteAt(int64_t offset, absl::string_view data) {
  if (offset < 0 || offset + static_cast<int64_t>(data.size()) > size_) {
    return absl::InternalError(absl::StrCat(path_, ": WriteAt beyond the ", size_, " bytes appended"));
  }
  return WriteAllAt(fd_, offset, data, path_);
}

absl::Status AtomicFile::Commit() {
  if (fd_ < 0) return absl::InternalError(absl::StrCat(path_, ": committed twice"));
  TALLY_RETURN_IF_ERROR(Fault("fsync", path_));
  if (TEMP_FAILURE_RETRY(fsync(fd_)) != 0) return Failed("write", path_, errno);
  // A network file system may report a failed write only here.
  if (close(std::exchange(fd_, -1)) != 0) return Failed("write", path_, errno);
  TALLY_RETURN_IF_ERROR(Fault("rename", path_));
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return Failed("rename its temporary file", path_, errno);
  committed_ = true;
  return SyncFolderOf(path_);
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status SyncFolderOf(const std::string& path) {
  TALLY_RETURN_IF_ERROR(Fault("fsync_folder", path));
  const int fd = TEMP_FAILURE_RETRY(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd < 0) return Failed("open the folder", path, errno);
  // Some network file systems have no fsync for folders: EINVAL. Their renames are durable without it.
  const int error_number = TEMP_FAILURE_RETRY(fsync(fd)) != 0 && errno != EINVAL ? errno : 0;
  close(fd);
  return error_number == 0 ? absl::OkStatus() : Failed("write the folder", path, error_number);
}

void SetFileFaultHookForTest(FileFaultHook hook) { fault_hook = hook; }

}  // namespace tally

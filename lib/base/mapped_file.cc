#include "lib/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {

absl::StatusOr<std::unique_ptr<MappedFile>> MappedFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a named pipe would wait for its writer; it has no effect on regular files.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return OpenError(path, errno, /*writing=*/false);
  const absl::Cleanup close_fd = [fd] { close(fd); };
  struct stat info;
  if (fstat(fd, &info) != 0) return OpenError(path, errno, /*writing=*/false);
  if (!S_ISREG(info.st_mode)) {
    return BadInputError(absl::StrCat(path, ": is not a regular file, which this input has to be"));
  }
  const size_t size = static_cast<size_t>(info.st_size);
  if (size == 0) return std::unique_ptr<MappedFile>(new MappedFile(path, ""));
  void* const data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) {
    return IoError(absl::StrCat(path, ": cannot be mapped: ", std::generic_category().message(errno)));
  }
  return std::unique_ptr<MappedFile>(new MappedFile(path, absl::string_view(static_cast<const char*>(data), size)));
}

MappedFile::~MappedFile() {
  if (!data_.empty()) munmap(const_cast<char*>(data_.data()), data_.size());
}

}  // namespace tally

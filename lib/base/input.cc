#include "lib/base/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

constexpr int kPipeBytes = 1 << 20;  // what the kernel allows everybody

}  // namespace

std::string InputName(const std::string& path) { return path == "-" ? "standard input" : path; }

void WidenPipe(int fd) { fcntl(fd, F_SETPIPE_SZ, kPipeBytes); }

absl::StatusOr<int> OpenInput(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return OpenError(path, errno, /*writing=*/false);
  struct stat info;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    if (fd != STDIN_FILENO) close(fd);
    return BadInputError(absl::StrCat(InputName(path), ": is a folder, expected a file"));
  }
  WidenPipe(fd);
  return fd;
}

absl::StatusOr<size_t> ReadSome(int fd, char* data, size_t size, absl::string_view name) {
  while (true) {
    const ssize_t count = read(fd, data, size);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno == EINTR) continue;
    return IoError(absl::StrCat(name, ": cannot read: ", std::generic_category().message(errno)));
  }
}

}  // namespace tally

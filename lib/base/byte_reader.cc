#include "lib/base/byte_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr int kPipeBytes = 1 << 20;  // what the kernel allows everybody
constexpr size_t kFirstPart = 1 << 14;

}  // namespace

std::string InputName(const std::string& path) { return path == "-" ? "standard input" : path; }

void WidenPipe(int fd) { fcntl(fd, F_SETPIPE_SZ, kPipeBytes); }

absl::StatusOr<int> OpenInput(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : TEMP_FAILURE_RETRY(open(path.c_str(), O_RDONLY | O_CLOEXEC));
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

absl::StatusOr<std::string> ReadGrowing(size_t size, absl::FunctionRef<absl::StatusOr<size_t>(char*, size_t)> read) {
  std::string bytes;
  while (bytes.size() < size) {
    const size_t before = bytes.size(), part = std::min(size - before, std::max(before, kFirstPart));
    bytes.resize(before + part);
    TALLY_ASSIGN_OR_RETURN(const size_t count, read(&bytes[before], part));
    bytes.resize(before + count);
    if (count < part) break;
  }
  return bytes;
}

absl::StatusOr<std::unique_ptr<ByteReader>> ByteReader::Open(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const int fd, OpenInput(path));
  return std::unique_ptr<ByteReader>(new ByteReader(fd, InputName(path)));
}

ByteReader::~ByteReader() {
  if (fd_ != STDIN_FILENO) close(fd_);
}

// False once the stream is called off. A closed pipe has "bytes" too: its end.
bool ByteReader::WaitForBytes() const {
  constexpr int kMilliseconds = 100;
  pollfd waiting = {fd_, POLLIN, 0};
  while (!cancelled_) {
    if (poll(&waiting, 1, kMilliseconds) > 0) return true;
  }
  return false;
}

absl::StatusOr<size_t> ByteReader::Read(char* data, size_t size) {
  size_t done = 0;
  while (done < size && WaitForBytes()) {
    TALLY_ASSIGN_OR_RETURN(const size_t count, ReadSome(fd_, data + done, size - done, name_));
    if (count == 0) break;
    done += count;
  }
  position_ += static_cast<int64_t>(done);
  return done;
}

absl::StatusOr<std::string> ByteReader::ReadBlock(size_t size) {
  return ReadGrowing(size, [this](char* data, size_t count) { return Read(data, count); });
}

absl::StatusOr<std::string> ByteReader::ReadLine(size_t max_bytes) {
  std::string line;
  char next = 0;
  while (line.size() <= max_bytes) {
    TALLY_ASSIGN_OR_RETURN(const size_t count, Read(&next, 1));
    if (count == 0) return ErrorHere("found the end of the stream, expected a line");
    if (next == '\n') return line;
    line.push_back(next);
  }
  return ErrorHere(absl::StrCat("found no newline in ", max_bytes, " bytes, expected a line"));
}

absl::Status ByteReader::ErrorHere(absl::string_view message) const {
  return BadInputError(absl::StrCat(name_, ": byte ", position_ + 1, ": ", message));
}

}  // namespace tally

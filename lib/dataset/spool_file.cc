#include "lib/dataset/spool_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/descriptors.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr size_t kBufferBytes = 1 << 18;

}  // namespace

absl::StatusOr<std::unique_ptr<SpoolFile>> SpoolFile::Open(const std::string& folder) {
  TALLY_ASSIGN_OR_RETURN(const int fd, OpenNameless(folder));
  return std::unique_ptr<SpoolFile>(new SpoolFile(folder, fd));
}

SpoolFile::SpoolFile(std::string folder, int fd) : folder_(std::move(folder)), fd_(fd) {}

SpoolFile::~SpoolFile() { close(fd_); }

absl::Status SpoolFile::Append(absl::string_view bytes) {
  buffer_.append(bytes.data(), bytes.size());
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status SpoolFile::Flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t count = pwrite(fd_, buffer_.data() + done, buffer_.size() - done, written_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError(absl::StrCat(folder_, ": cannot write a temporary file: ", strerror(errno)));
    done += count;
    written_ += count;
  }
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status SpoolFile::ReadAll(const std::function<absl::Status(absl::string_view)>& consume) {
  TALLY_RETURN_IF_ERROR(Flush());
  std::string chunk(std::min<int64_t>(kBufferBytes, written_), '\0');
  for (int64_t position = 0; position < written_;) {
    const ssize_t count = pread(fd_, &chunk[0], std::min<int64_t>(chunk.size(), written_ - position), position);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const char* const reason = count < 0 ? strerror(errno) : "it has become shorter";
      return IoError(absl::StrCat(folder_, ": cannot read a temporary file: ", reason));
    }
    TALLY_RETURN_IF_ERROR(consume(absl::string_view(chunk.data(), count)));
    position += count;
  }
  return absl::OkStatus();
}

}  // namespace tally

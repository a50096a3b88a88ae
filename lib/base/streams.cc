#include "lib/base/streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/descriptors.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 18;
constexpr size_t kFirstReadBytes = size_t{1} << 12;  // most files are small, and a large buffer costs more than they do
constexpr size_t kMaxLineBytes = size_t{64} << 20;

absl::Status WriteAll(int fd, absl::string_view data, absl::string_view name) {
  const int error = WriteFully(fd, &data);
  if (error == 0) return absl::OkStatus();
  if (error == EPIPE) return OutputClosedError();
  return IoError(absl::StrCat(name, ": cannot write: ", std::generic_category().message(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, OpenByteSource(path));
  return std::make_unique<LineReader>(std::move(source), InputName(path));
}

LineReader::LineReader(std::unique_ptr<ByteSource> source, std::string name)
    : source_(std::move(source)), name_(std::move(name)), buffer_(kFirstReadBytes) {}

absl::StatusOr<bool> LineReader::Next(absl::string_view* line) {
  size_t scanned = 0;  // bytes after begin_ that hold no newline
  while (true) {
    const char* const start = buffer_.data() + begin_;
    const void* const newline = memchr(start + scanned, '\n', end_ - begin_ - scanned);
    const size_t length = newline == nullptr ? end_ - begin_ : static_cast<const char*>(newline) - start;
    if (length > kMaxLineBytes) return TooLong();
    if (newline != nullptr) {
      *line = absl::string_view(start, length);
      begin_ += length + 1;
      ++line_number_;
      return true;
    }
    scanned = length;
    TALLY_ASSIGN_OR_RETURN(const bool more, Fill());
    if (more) continue;
    if (scanned == 0) return false;
    ++line_number_;
    return ErrorHere("the stream ends within this line, expected a newline (is it truncated?)");
  }
}

absl::Status LineReader::TooLong() {
  ++line_number_;
  return ErrorHere(absl::StrCat("the line is longer than ", kMaxLineBytes >> 20, " MiB"));
}

// Reads more bytes behind the unread ones, which may move. False at the end of the stream.
absl::StatusOr<bool> LineReader::Fill() {
  if (at_end_) return false;
  std::copy(buffer_.begin() + begin_, buffer_.begin() + end_, buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  TALLY_ASSIGN_OR_RETURN(const size_t count, source_->Read(buffer_.data() + end_, buffer_.size() - end_));
  end_ += count;
  at_end_ = count == 0;
  const bool filled = end_ == buffer_.size();
  if (filled && buffer_.size() < kBufferBytes) buffer_.resize(2 * buffer_.size());
  return !at_end_;
}

absl::Status LineReader::ErrorHere(absl::string_view message) const {
  return BadInputError(absl::StrCat(name_, ":", line_number_, ": ", message));
}

absl::StatusOr<std::unique_ptr<OutputStream>> OutputStream::Open(const std::string& path) {
  // By name as well: where standard output is a regular file, replacing that file would lose what was written before.
  if (path == "-" || path == "/dev/stdout") {
    WidenPipe(STDOUT_FILENO);
    return std::unique_ptr<OutputStream>(new OutputStream(nullptr, STDOUT_FILENO, "standard output"));
  }
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return OpenError(path, errno, /*writing=*/true);
    return std::unique_ptr<OutputStream>(new OutputStream(nullptr, fd, path));
  }
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file, AtomicFile::Open(path));
  return std::unique_ptr<OutputStream>(new OutputStream(std::move(file), -1, path));
}

OutputStream::~OutputStream() {
  if (fd_ > STDERR_FILENO) close(fd_);
}

absl::Status OutputStream::Write(absl::string_view data) {
  absl::StrAppend(&buffer_, data);
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status OutputStream::Flush() {
  const absl::Status status = file_ != nullptr ? file_->Append(buffer_) : WriteAll(fd_, buffer_, name_);
  buffer_.clear();
  return status;
}

absl::Status OutputStream::Commit() {
  TALLY_RETURN_IF_ERROR(Flush());
  return file_ != nullptr ? file_->Commit() : absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes) {
  TALLY_ASSIGN_OR_RETURN(const int fd, OpenInput(path));
  const absl::Cleanup close_fd = [fd] {
    if (fd != STDIN_FILENO) close(fd);
  };
  std::string data;
  for (size_t bytes = kFirstReadBytes;; bytes = std::min(2 * bytes, kBufferBytes)) {
    const size_t size = data.size();
    data.resize(size + bytes);
    TALLY_ASSIGN_OR_RETURN(const size_t count, ReadSome(fd, data.data() + size, bytes, InputName(path)));
    data.resize(size + count);
    if (count == 0) return data;
    if (static_cast<int64_t>(data.size()) > max_bytes) {
      return BadInputError(absl::StrCat(InputName(path), ": is larger than ", max_bytes, " bytes"));
    }
  }
}

absl::Status WriteFile(const std::string& path, absl::string_view data) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<AtomicFile> file, AtomicFile::Open(path));
  TALLY_RETURN_IF_ERROR(file->Append(data));
  return file->Commit();
}

}  // namespace tally

// Text input and output of the tools: `-` means standard input or output; a named output is complete or absent.
#ifndef TALLY_LIB_BASE_STREAMS_H_
#define TALLY_LIB_BASE_STREAMS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/base/atomic_file.h"
#include "lib/base/byte_source.h"

namespace tally {

// Reads a text stream line by line through one large buffer. Not thread-safe.
class LineReader {
 public:
  // Opens `path`, or standard input for "-". MissingInput where it cannot be opened, BadInput for a folder.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);

  // Reads the lines of `source`; messages call it `name`.
  LineReader(std::unique_ptr<ByteSource> source, std::string name);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Sets `line` to the next line without its newline and returns true; returns false at the end. The view is valid
  // until the next call. A last line without a newline is BadInput (a truncated stream), as is a line longer than
  // 64 MiB; errors of the source.
  absl::StatusOr<bool> Next(absl::string_view* line);

  // Number of the line that Next returned last, from 1.
  int64_t line_number() const { return line_number_; }

  // "standard input" or the path, for messages.
  const std::string& name() const { return name_; }

  // BadInput with the message `NAME:LINE: message`.
  absl::Status ErrorHere(absl::string_view message) const;

 private:
  absl::StatusOr<bool> Fill();
  absl::Status TooLong();

  const std::unique_ptr<ByteSource> source_;
  const std::string name_;
  int64_t line_number_ = 0;
  std::vector<char> buffer_;
  size_t begin_ = 0;  // unread bytes are buffer_[begin_, end_)
  size_t end_ = 0;
  bool at_end_ = false;
};

// Buffered output to a file (through AtomicFile) or, for "-", to standard output. A device or named pipe that exists
// already is written through, not replaced. Not thread-safe.
class OutputStream {
 public:
  // CannotCreate where `path` cannot be created or opened.
  static absl::StatusOr<std::unique_ptr<OutputStream>> Open(const std::string& path);
  ~OutputStream();  // drops what is not committed
  OutputStream(const OutputStream&) = delete;
  OutputStream& operator=(const OutputStream&) = delete;

  // Appends `data`. OutputClosed when the reader of standard output or of a pipe has closed it, else IoError.
  absl::Status Write(absl::string_view data);

  // Writes out what is buffered; readers of a pipe see it at once.
  absl::Status Flush();

  // Flushes; a file appears under its name only now. Call once, at the end; without it a named file stays absent.
  absl::Status Commit();

 private:
  OutputStream(std::unique_ptr<AtomicFile> file, int fd, std::string name)
      : file_(std::move(file)), fd_(fd), name_(std::move(name)) {}

  const std::unique_ptr<AtomicFile> file_;  // null: everything goes to fd_
  const int fd_;
  const std::string name_;
  std::string buffer_;
};

// The whole of a small file (configuration, JSON), or of standard input for "-". MissingInput, BadInput for a folder or
// beyond `max_bytes`, IoError.
absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes = int64_t{1} << 30);

// Writes `data` to `path` through AtomicFile.
absl::Status WriteFile(const std::string& path, absl::string_view data);

}  // namespace tally

#endif  // TALLY_LIB_BASE_STREAMS_H_

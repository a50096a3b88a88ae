// Input by file descriptor, and binary input from a file or pipe, which another thread can call off.
#ifndef TALLY_LIB_BASE_BYTE_READER_H_
#define TALLY_LIB_BASE_BYTE_READER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// "standard input" for "-", else the path: what messages call an input.
std::string InputName(const std::string& path);

// Gives a pipe room for several buffers, so that its two ends work at the same time. Other files have no such thing,
// and a refusal costs speed only.
void WidenPipe(int fd);

// A descriptor to read `path` from: 0 for "-". MissingInput where it cannot be opened, BadInput for a folder.
absl::StatusOr<int> OpenInput(const std::string& path);

// Reads at most `size` bytes from `fd`; 0 at the end. `name` is for messages. IoError.
absl::StatusOr<size_t> ReadSome(int fd, char* data, size_t size, absl::string_view name);

// The next `size` bytes, or as many as there are: memory grows as they arrive, so that a size that lies costs none.
// read(data, count) fills data[0, count) as ByteReader::Read does, and returns how many there were.
absl::StatusOr<std::string> ReadGrowing(size_t size, absl::FunctionRef<absl::StatusOr<size_t>(char*, size_t)> read);

// Reads without a buffer of its own: ask for much at a time. Not thread-safe, but for Cancel.
class ByteReader {
 public:
  // Opens `path`, or standard input for "-". MissingInput where it cannot be opened, BadInput for a folder.
  static absl::StatusOr<std::unique_ptr<ByteReader>> Open(const std::string& path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  // Fills data[0, size), however the bytes arrive; returns how many there were, fewer than `size` only at the end of
  // the stream or after Cancel. IoError.
  absl::StatusOr<size_t> Read(char* data, size_t size);

  // The next `size` bytes, or as many as there are, by ReadGrowing.
  absl::StatusOr<std::string> ReadBlock(size_t size);

  // The text up to the next newline, which is read too. BadInput where there is none within `max_bytes`.
  absl::StatusOr<std::string> ReadLine(size_t max_bytes);

  // Ends a Read that waits for a slow pipe, and all later ones, within a tenth of a second. Thread-safe.
  void Cancel() { cancelled_ = true; }

  // BadInput with the message `NAME: byte N: message`, where N counts all that was read, from 1.
  absl::Status ErrorHere(absl::string_view message) const;

 private:
  ByteReader(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  bool WaitForBytes() const;

  const int fd_;
  const std::string name_;
  int64_t position_ = 0;
  std::atomic<bool> cancelled_{false};
};

}  // namespace tally

#endif  // TALLY_LIB_BASE_BYTE_READER_H_

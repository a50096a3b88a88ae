#include "lib/base/byte_source.h"

#include <unistd.h>

#include <utility>

#include "lib/base/byte_reader.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

class FileSource : public ByteSource {
 public:
  FileSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  ~FileSource() override {
    if (fd_ != STDIN_FILENO) close(fd_);
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  absl::StatusOr<size_t> Read(char* data, size_t size) override { return ReadSome(fd_, data, size, name_); }

 private:
  const int fd_;
  const std::string name_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const int fd, OpenInput(path));
  return std::make_unique<FileSource>(fd, InputName(path));
}

absl::StatusOr<size_t> ReadFully(ByteSource& source, char* data, size_t size) {
  size_t done = 0;
  while (done < size) {
    TALLY_ASSIGN_OR_RETURN(const size_t count, source.Read(data + done, size - done));
    if (count == 0) break;
    done += count;
  }
  return done;
}

}  // namespace tally

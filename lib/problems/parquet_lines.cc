#include "lib/problems/parquet_lines.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/descriptors.h"
#include "lib/base/os/folder.h"
#include "lib/base/python_process.h"
#include "lib/base/status_macros.h"
#include "lib/problems/arrow_lines.h"
#include "lib/problems/parquet_to_arrow.h"

namespace tally {
namespace {

// Exit codes of parquet_to_arrow.py.
constexpr int kNoPyarrow = 3;
constexpr int kBadFile = 65;

constexpr size_t kCopyBytes = size_t{1} << 20;
constexpr size_t kMostErrorBytes = size_t{1} << 16;

// Closes a descriptor at its end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// A file without a name, open for reading and writing.
absl::StatusOr<Descriptor> OpenTemporary() {
  TALLY_ASSIGN_OR_RETURN(const std::string folder, TemporaryFolderPath());
  TALLY_ASSIGN_OR_RETURN(const int fd, OpenNameless(folder));
  return Descriptor(fd);
}

absl::Status CopyTo(ByteSource& bytes, int fd) {
  std::vector<char> buffer(kCopyBytes);
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const size_t count, bytes.Read(buffer.data(), buffer.size()));
    if (count == 0) return absl::OkStatus();
    absl::string_view part(buffer.data(), count);
    if (const int error = WriteFully(fd, &part); error != 0) {
      return IoError(absl::StrCat("cannot write a temporary file: ", std::generic_category().message(error)));
    }
  }
}

// The last line that is not empty of what was written to `fd`.
std::string LastLineOf(int fd) {
  std::string text(kMostErrorBytes, '\0');
  const off_t end = lseek(fd, 0, SEEK_END);
  const ssize_t count = pread(fd, text.data(), text.size(), std::max<off_t>(0, end - static_cast<off_t>(text.size())));
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, count)));
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipWhitespace());
  return lines.empty() ? "it says nothing" : lines.back();
}

// The Arrow stream that the process writes. As its reader stops at the mark of the end, which comes last, an end of the
// bytes is an error.
class ParquetSource : public ByteSource {
 public:
  ParquetSource(pid_t pid, Descriptor out, Descriptor errors, std::string name)
      : pid_(pid), out_(std::move(out)), errors_(std::move(errors)), name_(std::move(name)) {}
  ~ParquetSource() override {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  ParquetSource(const ParquetSource&) = delete;
  ParquetSource& operator=(const ParquetSource&) = delete;

  absl::StatusOr<size_t> Read(char* data, size_t size) override {
    if (pid_ >= 0) {
      TALLY_ASSIGN_OR_RETURN(const size_t count, ReadSome(out_.get(), data, size, name_));
      if (count > 0) return count;
      Finish();
    }
    return error_;
  }

 private:
  // Waits for the process and says why there is no more.
  void Finish() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    const int code = ExitCodeOfProcess(status);
    const std::string line = LastLineOf(errors_.get());
    if (code == kNoPyarrow) {
      error_ =
          BadInputError(absl::StrCat(name_, ": found Parquet, which ", PythonName(), " cannot read without pyarrow (",
                                     line, "); expected that package, or TALLY_PYTHON to name a Python that has it"));
    } else if (code == kBadFile) {
      error_ = BadInputError(absl::StrCat(name_, ": ", line));
    } else {
      error_ = IoError(absl::StrCat(name_, ": ", PythonName(), " has ended with code ", code,
                                    " before it had read all of this Parquet file: ", line));
    }
  }

  pid_t pid_;  // -1: it has ended, and error_ says why
  const Descriptor out_, errors_;
  const std::string name_;
  absl::Status error_;
};

// The lines of the file that `parquet` is open at the beginning of.
absl::StatusOr<std::unique_ptr<ByteSource>> LinesFrom(const Descriptor& parquet, const std::string& name,
                                                      const Vocabulary& vocabulary) {
  TALLY_ASSIGN_OR_RETURN(Descriptor errors, OpenTemporary());
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return IoError(absl::StrCat(name, ": no pipe to Python can be made"));
  Descriptor out(ends[0]);
  const Descriptor in(ends[1]);
  WidenPipe(in.get());
  const absl::StatusOr<pid_t> pid = StartPython(kParquetToArrow, {}, {parquet.get(), in.get(), errors.get()});
  if (!pid.ok()) {
    return MissingInputError(absl::StrCat(name, ": found Parquet, which Python with pyarrow reads: ",
                                          pid.status().message(), "; TALLY_PYTHON names another"));
  }
  return ReadArrowLines(std::make_unique<ParquetSource>(*pid, std::move(out), std::move(errors), name), name,
                        vocabulary);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> ReadParquetLines(const std::string& path, const std::string& name,
                                                             const Vocabulary& vocabulary) {
  TALLY_ASSIGN_OR_RETURN(const int fd, OpenInput(path));
  return LinesFrom(Descriptor(fd), name, vocabulary);
}

absl::StatusOr<std::unique_ptr<ByteSource>> ReadParquetLines(ByteSource& bytes, const std::string& name,
                                                             const Vocabulary& vocabulary) {
  TALLY_ASSIGN_OR_RETURN(const Descriptor file, OpenTemporary());
  TALLY_RETURN_IF_ERROR(CopyTo(bytes, file.get()));
  lseek(file.get(), 0, SEEK_SET);
  return LinesFrom(file, name, vocabulary);
}

}  // namespace tally

#include "tests/fuzz/fuzz_target.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally::fuzz {
namespace {

constexpr size_t kLongestMessage = 8000;  // bytes, control characters being four

}  // namespace

void CheckRefusal(const absl::Status& status) {
  const ExitCode code = ExitCodeOf(status);
  TALLY_LAW(code == kExitBadInput || code == kExitUsage);
  const absl::string_view message = status.message();
  TALLY_LAW(!message.empty() && message.size() <= kLongestMessage);
  TALLY_LAW(std::none_of(message.begin(), message.end(), [](char c) { return absl::ascii_iscntrl(c); }));
}

MemoryFile::MemoryFile() : fd_(memfd_create("fuzz", MFD_CLOEXEC)), path_(absl::StrCat("/proc/self/fd/", fd_)) {
  TALLY_LAW(fd_ >= 0);
}

MemoryFile::~MemoryFile() { close(fd_); }

const std::string& MemoryFile::Holding(absl::string_view bytes) {
  TALLY_LAW(ftruncate(fd_, 0) == 0);
  TALLY_LAW(pwrite(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return path_;
}

TestFolder::TestFolder() {
  // In memory where there is such a place: libFuzzer writes thousands of files a second.
  std::string path = access("/dev/shm", W_OK) == 0 ? "/dev/shm/tally_fuzz_XXXXXX" : "/tmp/tally_fuzz_XXXXXX";
  TALLY_LAW(mkdtemp(path.data()) != nullptr);
  path_ = path;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TestFolder::File(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

std::string TestFolder::Write(absl::string_view name, absl::string_view bytes) const {
  const std::string path = File(name);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  TALLY_LAW(fd >= 0 && write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  close(fd);
  return path;
}

}  // namespace tally::fuzz

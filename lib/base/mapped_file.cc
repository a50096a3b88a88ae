#include "lib/base/mapped_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

// A read of a page of a file that was cut off while it is mapped, or whose disk fails, ends the process with a line
// that names the file and the exit code of an I/O error.

// A file that is mapped now, for the signal handler: changed without locks.
struct Mapping {
  std::atomic<const char*> data{nullptr};  // null: free
  std::atomic<size_t> size{0};
  std::atomic<const char*> path{nullptr};
};
static_assert(std::atomic<const char*>::is_always_lock_free, "the handler may only touch lock-free atomics");

// More files than these at a time are not named in the message.
constexpr size_t kNamed = 256;
Mapping mappings[kNamed];

void Remember(absl::string_view data, const char* path) {
  for (Mapping& mapping : mappings) {
    const char* free = nullptr;
    if (!mapping.data.compare_exchange_strong(free, data.data())) continue;
    mapping.size = data.size();
    mapping.path = path;
    return;
  }
}

void Forget(const char* data) {
  for (Mapping& mapping : mappings) {
    if (mapping.data != data) continue;
    mapping.path = nullptr;
    mapping.size = 0;
    mapping.data = nullptr;
    return;
  }
}

void Say(const char* text) { [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, strlen(text)); }

// The kernel's answer to a read of a mapped page that it cannot fill.
extern "C" void EndOnLostPage(int number, siginfo_t* info, void* /*context*/) {
  const char* const at = static_cast<const char*>(info->si_addr);
  for (const Mapping& mapping : mappings) {
    const char* const data = mapping.data;
    const char* const path = mapping.path;
    if (data == nullptr || path == nullptr || at < data || at >= data + mapping.size) continue;
    Say(program_invocation_short_name);
    Say(": ");
    Say(path);
    Say(": cannot be read: it was cut off while it was in use, or its disk has failed\n");
    _exit(kExitIoError);
  }
  signal(number, SIG_DFL);  // not of ours: ends the process when the read is tried again
}

void CatchLostPages() {
  static const bool caught = [] {
    struct sigaction action = {};
    action.sa_sigaction = EndOnLostPage;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, nullptr) == 0;
  }();
  (void)caught;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MappedFile>> MappedFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a named pipe would wait for its writer; it has no effect on regular files.
  const int fd = TEMP_FAILURE_RETRY(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
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
  std::unique_ptr<MappedFile> file(new MappedFile(path, absl::string_view(static_cast<const char*>(data), size)));
  CatchLostPages();
  Remember(file->data(), file->path().c_str());
  return file;
}

MappedFile::~MappedFile() {
  if (data_.empty()) return;
  Forget(data_.data());
  munmap(const_cast<char*>(data_.data()), data_.size());
}

}  // namespace tally

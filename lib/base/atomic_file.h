// A file that is complete or absent (contract 2 of docs/architecture.md).
//
//   1. Open makes `.NAME.tmp.PID.N` in the target's folder.
//   2. Append and WriteAt fill it.
//   3. Commit: fsync the file, rename it over the target, fsync the folder.
//   4. Without Commit, the destructor removes the temporary file and an older target stays as it was.
#ifndef TALLY_LIB_BASE_ATOMIC_FILE_H_
#define TALLY_LIB_BASE_ATOMIC_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// Not thread-safe.
class AtomicFile {
 public:
  // CannotCreate where the folder does not exist or refuses, or where `path` is a folder, device or pipe.
  static absl::StatusOr<std::unique_ptr<AtomicFile>> Open(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends at the end. IoError (disk full, file too large).
  absl::Status Append(absl::string_view data);

  // Overwrites bytes that were appended before (a header known only at the end). A range beyond them is a bug.
  absl::Status WriteAt(int64_t offset, absl::string_view data);

  // Makes the file visible under its name. At most once, last. IoError; the file is absent then, unless only the last
  // step (fsync of the folder) failed.
  absl::Status Commit();

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }  // bytes appended

 private:
  AtomicFile(std::string path, std::string temporary, int fd);

  const std::string path_;
  const std::string temporary_;
  int fd_;
  int64_t size_ = 0;
  bool committed_ = false;
};

// The folder that the file `path` is in, "." where the path names none.
std::string FolderOf(const std::string& path);

// fsync of the folder that holds `path`, so that a rename in it survives a crash.
absl::Status SyncFolderOf(const std::string& path);

// Test hook: when set, called before each step ("write", "fsync", "rename", "fsync_folder") with the path; a non-OK
// result is returned as if the step had failed. Set only in single-threaded tests.
using FileFaultHook = absl::Status (*)(absl::string_view step, const std::string& path);
void SetFileFaultHookForTest(FileFaultHook hook);

}  // namespace tally

#endif  // TALLY_LIB_BASE_ATOMIC_FILE_H_

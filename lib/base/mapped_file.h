// A file mapped into memory, read-only.
#ifndef TALLY_LIB_BASE_MAPPED_FILE_H_
#define TALLY_LIB_BASE_MAPPED_FILE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// Thread-safe after Open. The file must not be truncated while it is mapped.
class MappedFile {
 public:
  // MissingInput where `path` cannot be opened; BadInput where it is not a regular file. An empty file maps to "".
  static absl::StatusOr<std::unique_ptr<MappedFile>> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  absl::string_view data() const { return data_; }
  const std::string& path() const { return path_; }

 private:
  MappedFile(std::string path, absl::string_view data) : path_(std::move(path)), data_(data) {}

  const std::string path_;
  const absl::string_view data_;
};

}  // namespace tally

#endif  // TALLY_LIB_BASE_MAPPED_FILE_H_

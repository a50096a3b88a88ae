// Files in a zip archive.
#ifndef TALLY_LIB_PROBLEMS_ZIP_ARCHIVE_H_
#define TALLY_LIB_PROBLEMS_ZIP_ARCHIVE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/byte_source.h"

struct zip;

namespace tally {

// Not thread-safe.
class ZipArchive {
 public:
  // BadInput where `path` is no whole zip archive; MissingInput.
  static absl::StatusOr<std::shared_ptr<ZipArchive>> Open(const std::string& path);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  // Paths of its files, by number; folders are none and have "".
  const std::vector<std::string>& names() const { return names_; }

  // The bytes of a file. Reading gives BadInput where it is damaged (its checksum differs at the end), encrypted, or
  // packed by another method than libzip knows. The source must not outlive the archive.
  absl::StatusOr<std::unique_ptr<ByteSource>> OpenFile(size_t number);

 private:
  ZipArchive(std::string path, zip* archive) : path_(std::move(path)), archive_(archive) {}

  const std::string path_;
  zip* const archive_;
  std::vector<std::string> names_;
};

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_ZIP_ARCHIVE_H_

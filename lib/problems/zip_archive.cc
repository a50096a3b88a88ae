#include "lib/problems/zip_archive.h"

#include <zip.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

class ZipFileSource : public ByteSource {
 public:
  ZipFileSource(zip_file_t* file, std::string name) : file_(file), name_(std::move(name)) {}
  ~ZipFileSource() override { zip_fclose(file_); }
  ZipFileSource(const ZipFileSource&) = delete;
  ZipFileSource& operator=(const ZipFileSource&) = delete;

  absl::StatusOr<size_t> Read(char* data, size_t size) override {
    const zip_int64_t count = zip_fread(file_, data, size);
    if (count >= 0) return static_cast<size_t>(count);
    return BadInputError(
        absl::StrCat(name_, ": damaged in its archive: ", zip_error_strerror(zip_file_get_error(file_))));
  }

 private:
  zip_file_t* const file_;
  const std::string name_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<ZipArchive>> ZipArchive::Open(const std::string& path) {
  TALLY_RETURN_IF_ERROR(OpenByteSource(path).status());  // what is not there, or no file
  int code = 0;
  zip* const opened = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code);
  if (opened == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    return BadInputError(absl::StrCat(path, ": found no whole zip archive (is it truncated?): ", reason));
  }
  std::shared_ptr<ZipArchive> archive(new ZipArchive(path, opened));
  const zip_int64_t count = zip_get_num_entries(opened, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* const name = zip_get_name(opened, i, 0);
    archive->names_.emplace_back(name == nullptr || absl::EndsWith(name, "/") ? "" : name);
  }
  return archive;
}

ZipArchive::~ZipArchive() { zip_discard(archive_); }

absl::StatusOr<std::unique_ptr<ByteSource>> ZipArchive::OpenFile(size_t number) {
  const std::string name = absl::StrCat(path_, "/", names_[number]);
  zip_file_t* const file = zip_fopen_index(archive_, number, 0);
  if (file != nullptr) return std::make_unique<ZipFileSource>(file, name);
  return BadInputError(absl::StrCat(name, ": cannot be read from its archive: ", zip_strerror(archive_)));
}

}  // namespace tally

#include "lib/problems/problem_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/problems/arrow_lines.h"
#include "lib/problems/choose_files.h"
#include "lib/problems/parquet_lines.h"
#include "lib/problems/unpack.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMagicBytes = 8;
constexpr absl::string_view kGzip("\x1f\x8b", 2), kZstd("\x28\xb5\x2f\xfd", 4), kZip("PK\x03\x04", 4), kParquet("PAR1"),
    kArrowFile("ARROW1\0\0", 8), kArrowMessage("\xff\xff\xff\xff", 4);
constexpr size_t kMostJson = size_t{1} << 20;  // bytes; what is longer does not parse
constexpr int kMostPackings = 4;               // gzip or Zstandard within one another

// A source whose first bytes have been looked at.
class BegunSource : public ByteSource {
 public:
  BegunSource(std::string begin, std::unique_ptr<ByteSource> rest) : begin_(std::move(begin)), rest_(std::move(rest)) {}

  absl::StatusOr<size_t> Read(char* data, size_t size) override {
    if (given_ == begin_.size()) return rest_->Read(data, size);
    const size_t count = std::min(size, begin_.size() - given_);
    std::memcpy(data, begin_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  const std::string begin_;
  const std::unique_ptr<ByteSource> rest_;
  size_t given_ = 0;
};

absl::StatusOr<std::string> FirstBytes(ByteSource& source) {
  std::string bytes(kMagicBytes, '\0');
  TALLY_ASSIGN_OR_RETURN(const size_t count, ReadFully(source, &bytes[0], bytes.size()));
  bytes.resize(count);
  return bytes;
}

// The lines of what `source` holds, unpacked as often as it is packed, `packings` times at most: there are gzip files
// that hold themselves. `path`: a file with these bytes, "" for none.
absl::StatusOr<std::unique_ptr<ByteSource>> LinesOf(std::unique_ptr<ByteSource> source, const std::string& path,
                                                    const std::string& name, const Vocabulary& vocabulary,
                                                    int packings = kMostPackings) {
  TALLY_ASSIGN_OR_RETURN(const std::string first, FirstBytes(*source));
  const auto begins = [&](absl::string_view magic) { return absl::StartsWith(first, magic); };
  std::unique_ptr<ByteSource> whole = std::make_unique<BegunSource>(first, std::move(source));
  if ((begins(kGzip) || begins(kZstd)) && packings == 0) {
    return BadInputError(absl::StrCat(name, ": found compressed data within compressed data, more than ", kMostPackings,
                                      " times; expected problems"));
  }
  if (begins(kGzip)) return LinesOf(UnpackGzip(std::move(whole), name), "", name, vocabulary, packings - 1);
  if (begins(kZstd)) return LinesOf(UnpackZstd(std::move(whole), name), "", name, vocabulary, packings - 1);
  if (begins(kArrowFile) || begins(kArrowMessage)) return ReadArrowLines(std::move(whole), name, vocabulary);
  if (begins(kParquet)) {
    return path.empty() ? ReadParquetLines(*whole, name, vocabulary) : ReadParquetLines(path, name, vocabulary);
  }
  if (begins(kZip)) return BadInputError(absl::StrCat(name, ": found a zip archive, expected it as a file of its own"));
  return whole;
}

// A word that is a path as it is may have commas in it.
std::vector<std::string> SplitWords(const std::vector<std::string>& words) {
  std::vector<std::string> paths;
  for (const std::string& word : words) {
    std::error_code error;
    if (fs::exists(word, error)) {
      paths.push_back(word);
      continue;
    }
    for (const absl::string_view part : absl::StrSplit(word, ',')) paths.emplace_back(part);
  }
  return paths;
}

// The paths of all files below `folder`, from there on.
absl::StatusOr<std::vector<std::string>> NamesBelow(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator place(folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && place != fs::recursive_directory_iterator(); place.increment(error)) {
    std::error_code unreadable;  // a link that leads nowhere is no file
    if (place->is_regular_file(unreadable)) names.push_back(place->path().lexically_relative(folder).string());
  }
  if (error) return IoError(absl::StrCat(folder, ": cannot be listed: ", error.message()));
  return names;
}

std::string PathBelow(const std::string& root, absl::string_view name) {
  return absl::StrCat(root, absl::EndsWith(root, "/") ? "" : "/", name);
}

absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const ProblemFile& file) {
  return file.archive == nullptr ? OpenByteSource(file.name) : file.archive->OpenFile(file.number);
}

absl::StatusOr<std::string> ReadSmall(const ProblemFile& file) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, OpenBytes(file));
  std::string text(kMostJson, '\0');
  TALLY_ASSIGN_OR_RETURN(const size_t count, ReadFully(*source, &text[0], text.size()));
  text.resize(count);
  return text;
}

// Those of `names` below `root` that hold problems, by name.
absl::StatusOr<std::vector<ProblemFile>> Choose(const std::string& root, const std::vector<std::string>& names,
                                                const std::shared_ptr<ZipArchive>& archive, const std::string& split) {
  absl::Status unreadable;  // which names its file already
  const absl::StatusOr<ChosenFiles> chosen = ChooseFiles(names, split, [&](size_t number) {
    const absl::StatusOr<std::string> text = ReadSmall({PathBelow(root, names[number]), archive, number});
    unreadable.Update(text.status());
    return text;
  });
  TALLY_RETURN_IF_ERROR(unreadable);
  if (!chosen.ok()) return absl::Status(chosen.status().code(), PathBelow(root, chosen.status().message()));
  if (chosen->chosen.empty()) {
    return BadInputError(absl::StrCat(root, ": found no file that ends in .txt, .gz, .zst, .arrow, .parquet or .zip",
                                      split == "all" ? "" : absl::StrCat(", of data sets in the split ", split),
                                      "; expected problems"));
  }
  if (chosen->left_out > 0) {
    LogLine(absl::StrCat(root, ": reads ", chosen->chosen.size(), " files and leaves ", chosen->left_out,
                         " out, which end in ", absl::StrJoin(chosen->other_ends, ", ")));
  }
  std::vector<ProblemFile> files;
  for (const size_t number : chosen->chosen) files.push_back({PathBelow(root, names[number]), archive, number});
  std::sort(files.begin(), files.end(), [](const ProblemFile& a, const ProblemFile& b) { return a.name < b.name; });
  return files;
}

// Whether `path`, a file that can be read from its beginning again, is a zip archive.
absl::StatusOr<bool> IsZip(const std::string& path) {
  if (!fs::is_regular_file(path)) return false;
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, OpenByteSource(path));
  TALLY_ASSIGN_OR_RETURN(const std::string first, FirstBytes(*source));
  return absl::StartsWith(first, kZip) || (absl::EndsWith(path, ".zip") && !absl::StartsWith(first, kGzip));
}

// The files of `path`: of a folder or archive those within it, else itself.
absl::StatusOr<std::vector<ProblemFile>> FilesOf(const std::string& path, const std::string& split) {
  if (path == "-") return std::vector<ProblemFile>{{path, nullptr, 0}};
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return OpenError(path, error ? error.value() : ENOENT, /*writing=*/false);
  if (!fs::is_directory(status)) {
    TALLY_ASSIGN_OR_RETURN(const bool is_zip, IsZip(path));
    if (!is_zip) return std::vector<ProblemFile>{{path, nullptr, 0}};
    TALLY_ASSIGN_OR_RETURN(const std::shared_ptr<ZipArchive> archive, ZipArchive::Open(path));
    return Choose(path, archive->names(), archive, split);
  }
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesBelow(path));
  TALLY_ASSIGN_OR_RETURN(const std::vector<ProblemFile> chosen, Choose(path, names, nullptr, split));
  std::vector<ProblemFile> files;
  for (const ProblemFile& file : chosen) {
    std::vector<ProblemFile> more = {file};
    if (absl::EndsWith(file.name, ".zip")) {
      TALLY_ASSIGN_OR_RETURN(more, FilesOf(file.name, split));
    }
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

}  // namespace

absl::StatusOr<std::vector<ProblemFile>> FindProblemFiles(const std::vector<std::string>& words,
                                                          const std::string& split) {
  std::vector<ProblemFile> files;
  for (const std::string& path : SplitWords(words)) {
    TALLY_ASSIGN_OR_RETURN(const std::vector<ProblemFile> more, FilesOf(path, split));
    files.insert(files.end(), more.begin(), more.end());
  }
  std::set<std::string> seen;
  for (const ProblemFile& file : files) {
    if (!seen.insert(file.name).second) return BadInputError(absl::StrCat(file.name, ": found twice, expected once"));
  }
  return files;
}

absl::StatusOr<std::unique_ptr<ByteSource>> OpenProblemFile(const ProblemFile& file, const Vocabulary& vocabulary) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, OpenBytes(file));
  std::error_code error;
  const bool is_file = file.archive == nullptr && file.name != "-" && fs::is_regular_file(file.name, error);
  return LinesOf(std::move(source), is_file ? file.name : "", InputName(file.name), vocabulary);
}

}  // namespace tally

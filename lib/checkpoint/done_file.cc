#include "lib/checkpoint/done_file.h"

#include <filesystem>
#include <map>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/checksums.h"
#include "lib/base/exit_code.h"
#include "lib/base/mapped_file.h"
#include "lib/base/os/folder.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr char kDone[] = "DONE";
constexpr char kMark[] = "# xxh3 ", kRest[] = " of the lines above\n";
constexpr size_t kHexDigits = 16;
constexpr int64_t kMaxDoneBytes = 1 << 20;

// `HEX SIZE` of a file.
absl::StatusOr<std::string> Fingerprint(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  return absl::StrCat(HexHash(file->data()), " ", file->data().size());
}

// The names of the files in `folder`, in alphabetical order; links and DONE left out.
absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& folder) {
  std::vector<std::string> files;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder));
  for (const std::string& name : names) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(fs::path(folder) / name, error);
    if (error) return IoError(absl::StrCat(folder, "/", name, ": ", error.message()));
    if (fs::is_regular_file(status) && name != kDone) files.push_back(name);
  }
  return files;
}

// Whether `text` is what DONE was before it listed files: nothing, or `step N`.
bool IsOlderDone(absl::string_view text) {
  int64_t step = 0;
  if (text.empty()) return true;
  return absl::ConsumePrefix(&text, "step ") && absl::ConsumeSuffix(&text, "\n") && absl::SimpleAtoi(text, &step);
}

// The fingerprints that DONE lists, by name. Its hash line is right, so that it is as WriteDoneFile made it.
std::map<std::string, std::string> ListedFiles(absl::string_view text) {
  std::map<std::string, std::string> files;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 2));
    if (words.size() == 3 && words[0].size() == kHexDigits) files[words[2]] = absl::StrCat(words[0], " ", words[1]);
  }
  return files;
}

absl::Status CheckFile(const std::string& path, const std::string& listed) {
  TALLY_ASSIGN_OR_RETURN(const std::string found, Fingerprint(path));
  if (found == listed) return absl::OkStatus();
  return BadInputError(absl::StrCat(path, ": found xxh3 and size ", found, ", expected ", listed,
                                    " as DONE beside it says: it was edited or is damaged; --accept_edits takes it as "
                                    "it is"));
}

}  // namespace

std::string WithHashLine(absl::string_view lines) { return absl::StrCat(lines, kMark, HexHash(lines), kRest); }

HashLine CheckHashLine(absl::string_view text) {
  constexpr size_t length = sizeof(kMark) - 1 + kHexDigits + sizeof(kRest) - 1;
  if (text.size() < length) return HashLine::kNone;
  const absl::string_view lines = text.substr(0, text.size() - length);
  absl::string_view hex = text.substr(lines.size());
  if (!absl::ConsumePrefix(&hex, kMark) || !absl::ConsumeSuffix(&hex, kRest)) return HashLine::kNone;
  return hex == HexHash(lines) ? HashLine::kRight : HashLine::kWrong;
}

absl::Status WrongHashLineError(const std::string& path, absl::string_view remedy) {
  return BadInputError(absl::StrCat(path,
                                    ": found no right hash in its last line, expected that of the lines above: it was "
                                    "edited or is damaged; ",
                                    remedy));
}

absl::Status WriteDoneFile(const std::string& folder, int64_t step) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, FilesIn(folder));
  std::string lines = absl::StrCat("step ", step, "\n");
  for (const std::string& name : names) {
    TALLY_ASSIGN_OR_RETURN(const std::string fingerprint, Fingerprint(absl::StrCat(folder, "/", name)));
    absl::StrAppend(&lines, fingerprint, " ", name, "\n");
  }
  return WriteFile(absl::StrCat(folder, "/", kDone), WithHashLine(lines));
}

absl::Status CheckDoneFile(const std::string& folder, const std::vector<std::string>& names) {
  const std::string path = absl::StrCat(folder, "/", kDone);
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(path));
  if (!there) return absl::OkStatus();
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxDoneBytes));
  if (IsOlderDone(text)) return absl::OkStatus();
  if (CheckHashLine(text) != HashLine::kRight) {
    return WrongHashLineError(path, "--accept_edits opens the checkpoint as it is");
  }
  const std::map<std::string, std::string> listed = ListedFiles(text);
  for (const std::string& name : names) {
    const auto file = listed.find(name);
    if (file == listed.end()) continue;
    TALLY_RETURN_IF_ERROR(CheckFile(absl::StrCat(folder, "/", name), file->second));
  }
  return absl::OkStatus();
}

}  // namespace tally

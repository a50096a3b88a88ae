#include "lib/problems/problem_reader.h"

#include "absl/strings/str_cat.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {

absl::StatusOr<std::unique_ptr<ProblemReader>> ProblemReader::Open(const std::vector<std::string>& words,
                                                                   const std::string& split,
                                                                   const Vocabulary& vocabulary) {
  const std::vector<std::string> given = words.empty() ? std::vector<std::string>{"-"} : words;
  TALLY_ASSIGN_OR_RETURN(std::vector<ProblemFile> files, FindProblemFiles(given, split));
  std::unique_ptr<ProblemReader> reader(new ProblemReader(std::move(files), vocabulary));
  TALLY_RETURN_IF_ERROR(reader->OpenFile());
  return reader;
}

absl::Status ProblemReader::OpenFile() {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, OpenProblemFile(files_[current_], vocabulary_));
  lines_ = std::make_unique<LineReader>(std::move(source), InputName(files_[current_].name));
  return absl::OkStatus();
}

absl::Status ProblemReader::ErrorAt(const ProblemPlace& place, absl::string_view message) const {
  return BadInputError(absl::StrCat(InputName(files_[place.file].name), ":", place.line, ": ", message));
}

absl::StatusOr<bool> ProblemReader::Next(absl::string_view* line) {
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, lines_->Next(line));
    if (more) return true;
    if (lines_->line_number() == 0) {
      return BadInputError(absl::StrCat(lines_->name(), ": found no line, expected problems"));
    }
    if (current_ + 1 == files_.size()) return false;
    ++current_;
    TALLY_RETURN_IF_ERROR(OpenFile());
  }
}

}  // namespace tally

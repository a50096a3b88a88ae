// The lines of files of problems, one file after the other.
#ifndef TALLY_LIB_PROBLEMS_PROBLEM_READER_H_
#define TALLY_LIB_PROBLEMS_PROBLEM_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/base/streams.h"
#include "lib/problems/problem_files.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// Where a line is.
struct ProblemPlace {
  size_t file = 0;   // number of its file among those read
  int64_t line = 0;  // from 1
};

// Not thread-safe, but for ErrorAt.
class ProblemReader {
 public:
  // The files that `words` name, and `split` of data sets (problem_files.h); standard input where there is none. The
  // first is opened. `vocabulary` is that of stored ids, and must outlive the reader.
  static absl::StatusOr<std::unique_ptr<ProblemReader>> Open(const std::vector<std::string>& words,
                                                             const std::string& split, const Vocabulary& vocabulary);

  // Sets `line` to the next line and returns true; false after the last line of the last file. The view is valid until
  // the next call. BadInput for a file without a line; errors of LineReader and OpenProblemFile.
  absl::StatusOr<bool> Next(absl::string_view* line);

  // The file of the line that Next returned last, and BadInput with the message `FILE:LINE: message`.
  const std::string& file() const { return files_[current_].name; }
  absl::Status ErrorHere(absl::string_view message) const { return ErrorAt(place(), message); }

  // The same of a line that it returned before, by the place that it had then.
  ProblemPlace place() const { return {current_, lines_->line_number()}; }
  absl::Status ErrorAt(const ProblemPlace& place, absl::string_view message) const;

 private:
  ProblemReader(std::vector<ProblemFile> files, const Vocabulary& vocabulary)
      : files_(std::move(files)), vocabulary_(vocabulary) {}
  absl::Status OpenFile();

  const std::vector<ProblemFile> files_;
  const Vocabulary& vocabulary_;
  size_t current_ = 0;
  std::unique_ptr<LineReader> lines_;  // of the current file
};

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_PROBLEM_READER_H_

// Which files hold the problems that were asked for, and their lines as bytes.
#ifndef TALLY_LIB_PROBLEMS_PROBLEM_FILES_H_
#define TALLY_LIB_PROBLEMS_PROBLEM_FILES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/byte_source.h"
#include "lib/problems/zip_archive.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

struct ProblemFile {
  std::string name;                     // as messages have it: its path, in an archive ARCHIVE/PATH; "-"
  std::shared_ptr<ZipArchive> archive;  // that it is in; null for none
  size_t number = 0;                    // its number there
};

// The files that `words` name: each word is a file or folder, or several with commas between. Of a folder or a zip
// archive those within it, however deep, that ChooseFiles takes, by name; a line of the log counts the others. `split`:
// as ChooseFiles has it. MissingInput for what is not there; BadInput for a folder or archive without problems and for
// a file that is named twice.
absl::StatusOr<std::vector<ProblemFile>> FindProblemFiles(const std::vector<std::string>& words,
                                                          const std::string& split);

// The lines of `file`. What it is is told by its first bytes, whatever its name: gzip, Zstandard, an Arrow stream or
// file (arrow_lines.h), Parquet (parquet_lines.h), else text. BadInput for a zip archive that is no file of its own.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenProblemFile(const ProblemFile& file, const Vocabulary& vocabulary);

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_PROBLEM_FILES_H_

// Hashes by which a reader notices that a file of a run was changed since it was written. Torch-free.
//
// A text may end with a hash line, `# xxh3 HEX of the lines above`: XXH3 (64 bits) of all bytes before that line.
// A checkpoint's DONE is such a text, written last:
//
//   step 1000
//   b1946ac92492d234 2412 config.json        XXH3, bytes and name of each file beside it; links are left out
//   ...
//   # xxh3 6f5902ac237024bd of the lines above
//
// Older checkpoints have the first line of it at most; nothing in them is checked.
#ifndef TALLY_LIB_CHECKPOINT_DONE_FILE_H_
#define TALLY_LIB_CHECKPOINT_DONE_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally {

// `lines`, which end with a newline or are empty, and the hash line below them.
std::string WithHashLine(absl::string_view lines);

enum class HashLine { kNone, kRight, kWrong };

// Whether `text` ends with a hash line, and whether that is the one of the lines above it.
HashLine CheckHashLine(absl::string_view text);

// BadInput for the text at `path`, whose hash line is missing or wrong; `remedy` says what a person can do.
absl::Status WrongHashLineError(const std::string& path, absl::string_view remedy);

// Writes DONE of the checkpoint `folder` of step `step`, with the hashes of the files that are there. IoError.
absl::Status WriteDoneFile(const std::string& folder, int64_t step);

// Whether the files called `names` are those that DONE in `folder` lists. Names that it does not list are passed over,
// and so are all names of a folder without DONE or with an older one. BadInput, naming the file and what to do, where
// one has other bytes, or DONE is damaged; MissingInput where one is listed but not there.
absl::Status CheckDoneFile(const std::string& folder, const std::vector<std::string>& names);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_DONE_FILE_H_

// Problems in Parquet files, as Hugging Face data sets are published, as lines of text. pyarrow reads them, in the
// user's Python: it is the format's own library, Debian 12 has none for C++, and who has such files has pyarrow.
#ifndef TALLY_LIB_PROBLEMS_PARQUET_LINES_H_
#define TALLY_LIB_PROBLEMS_PARQUET_LINES_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/base/byte_source.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// The rows of a Parquet file, as ReadArrowLines (arrow_lines.h) has them, by a process (parquet_to_arrow.py) that ends
// with the source; nothing passes for whole that it did not read to the end. `bytes` are the file's where it is not at
// `path`, such as unpacked ones: they are kept in a file without a name in the folder for temporary files. Messages
// call the file `name`. MissingInput where there is no Python, CannotCreate without such a folder; Read gives BadInput
// without pyarrow, and for what is no whole Parquet file, has no such column, or has nulls; IoError where the process
// is killed.
absl::StatusOr<std::unique_ptr<ByteSource>> ReadParquetLines(const std::string& path, const std::string& name,
                                                             const Vocabulary& vocabulary);
absl::StatusOr<std::unique_ptr<ByteSource>> ReadParquetLines(ByteSource& bytes, const std::string& name,
                                                             const Vocabulary& vocabulary);

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_PARQUET_LINES_H_

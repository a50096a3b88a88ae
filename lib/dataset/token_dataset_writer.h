// Writes a token data set example by example, in memory that does not grow with it.
#ifndef TALLY_LIB_DATASET_TOKEN_DATASET_WRITER_H_
#define TALLY_LIB_DATASET_TOKEN_DATASET_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/atomic_file.h"
#include "lib/base/checksums.h"
#include "lib/dataset/spool_file.h"
#include "lib/dataset/token_dataset.h"

namespace tally {

// Not thread-safe. Same examples, same bytes.
class TokenDatasetWriter {
 public:
  // For examples of `format`, whose operands' lengths are found here. CannotCreate.
  static absl::StatusOr<std::unique_ptr<TokenDatasetWriter>> Open(const std::string& path, const DataFormat& format);

  // IoError (disk full).
  absl::Status Add(const TokenizedProblem& example);

  // Makes the file visible under its name. Needs at least one example. A task without any is left out of what the file
  // says. Call once, last; without it there is no file.
  absl::Status Commit();

  int64_t examples() const { return examples_; }

 private:
  TokenDatasetWriter(std::unique_ptr<AtomicFile> file, std::unique_ptr<SpoolFile> offsets,
                     std::unique_ptr<SpoolFile> answer_starts, DataFormat format);
  absl::Status FlushTokens();
  absl::Status AppendHashed(absl::string_view bytes);
  std::string Header() const;

  std::unique_ptr<AtomicFile> file_;
  std::unique_ptr<SpoolFile> offsets_;
  std::unique_ptr<SpoolFile> answer_starts_;
  ContentHash hash_;     // of what the file has behind its header
  std::string buffer_;   // tokens that are not in the file yet
  uint64_t tokens_ = 0;  // of all examples so far
  int64_t examples_ = 0;
  DataFormat format_;
  const size_t header_bytes_;
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_TOKEN_DATASET_WRITER_H_

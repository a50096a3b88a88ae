// Writes a token stream.
#ifndef TALLY_LIB_DATASET_TOKEN_STREAM_WRITER_H_
#define TALLY_LIB_DATASET_TOKEN_STREAM_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/streams.h"
#include "lib/dataset/example_facts.h"
#include "lib/dataset/token_stream.h"

namespace tally {

// Not thread-safe. Same examples, same bytes.
class TokenStreamWriter {
 public:
  // To `path`, or standard output for "-". CannotCreate.
  static absl::StatusOr<std::unique_ptr<TokenStreamWriter>> Open(const std::string& path, const DataFormat& format);

  // OutputClosed where the reader has closed; IoError.
  absl::Status Add(const TokenizedProblem& example);

  // Writes what is left, and the end. Call once, last; without it readers take the stream for cut off.
  absl::Status Commit();

 private:
  explicit TokenStreamWriter(std::unique_ptr<OutputStream> out) : out_(std::move(out)) {}
  absl::Status WriteBlock();

  const std::unique_ptr<OutputStream> out_;
  StreamBlockHead head_;  // of the block that is being filled
  std::string example_heads_;
  std::string ids_;
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_TOKEN_STREAM_WRITER_H_

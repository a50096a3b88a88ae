// Reads a token stream, and refuses one that is damaged or cut off.
#ifndef TALLY_LIB_DATASET_TOKEN_STREAM_READER_H_
#define TALLY_LIB_DATASET_TOKEN_STREAM_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lib/base/byte_reader.h"
#include "lib/dataset/token_stream.h"

namespace tally {

struct ExampleBlock {
  int64_t first_example = 0;                // number of the first example in the stream
  std::vector<StreamExampleHead> examples;  // as checked: no head reaches beyond `ids`
  std::vector<uint8_t> ids;                 // of all examples, one after another
};

// Not thread-safe, but for Cancel.
class TokenStreamReader {
 public:
  // Reads the header of the stream in `path`, "-" for standard input. BadInput where there is no such header.
  // MissingInput.
  static absl::StatusOr<std::unique_ptr<TokenStreamReader>> Open(const std::string& path);

  const DataFormat& data_format() const { return format_; }

  // Sets `block` to the next one and returns true; false at the stream's end. BadInput where the stream is cut off,
  // continues behind its end, or holds a block whose hash, place or sizes are wrong, an answer that is not
  // between `=` and EOS, or an id outside of the vocabulary. IoError.
  absl::StatusOr<bool> Next(ExampleBlock* block);

  // Makes a Next that waits return soon, with an error. Thread-safe.
  void Cancel() { in_->Cancel(); }

 private:
  TokenStreamReader(std::unique_ptr<ByteReader> in, DataFormat format)
      : in_(std::move(in)), format_(std::move(format)) {}
  absl::Status CheckWhole(size_t found, size_t expected) const;
  absl::Status CheckHead(const StreamBlockHead& head) const;
  absl::Status CheckExamples(const ExampleBlock& block) const;
  absl::Status CheckEnd();

  const std::unique_ptr<ByteReader> in_;
  const DataFormat format_;
  int64_t examples_ = 0;  // of all blocks so far
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_TOKEN_STREAM_READER_H_

// The token stream (docs/formats/token_stream.md): examples for a pipe, which has no end that a header could know.
//
//   1. One line, a JSON object of texts: format, and those of FormatMetadata (data_format.h).
//   2. Blocks: a StreamBlockHead, a StreamExampleHead for each example, then the ids of all examples, one example after
//      the other.
//   3. A block of no examples, which says that the stream is whole.
// Numbers are little-endian.
#ifndef TALLY_LIB_DATASET_TOKEN_STREAM_H_
#define TALLY_LIB_DATASET_TOKEN_STREAM_H_

#include <bit>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/dataset/data_format.h"

namespace tally {

static_assert(std::endian::native == std::endian::little, "heads are used where they lie in the stream");

inline constexpr char kTokenStreamFormat[] = "tally.token_stream.1";
inline constexpr int64_t kMaxStreamBlockBytes = int64_t{1} << 28;

struct StreamBlockHead {
  uint32_t examples = 0;
  uint32_t bytes = 0;          // behind this head
  uint64_t first_example = 0;  // of the block, from 0; of the last block, how many there are
  uint64_t xxh3 = 0;           // of the fields above and the bytes behind this head (StreamBlockHash)
};
static_assert(sizeof(StreamBlockHead) == 24);

struct StreamExampleHead {
  uint32_t ids = 0;           // EOS included
  uint32_t answer_start = 0;  // position of the first answer token
  uint32_t first = 0;         // ProblemSize: digits of the first operand,
  uint32_t second = 0;        // and of the longest other one
};
static_assert(sizeof(StreamExampleHead) == 16);

uint64_t StreamBlockHash(const StreamBlockHead& head, absl::string_view bytes);

// The stream's first line, without its newline, and back. BadInput names `source`.
std::string StreamHeader(const DataFormat& format);
absl::StatusOr<DataFormat> ParseStreamHeader(absl::string_view line, absl::string_view source);

}  // namespace tally

#endif  // TALLY_LIB_DATASET_TOKEN_STREAM_H_

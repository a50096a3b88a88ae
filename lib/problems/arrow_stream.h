// Arrow's IPC format (https://arrow.apache.org/docs/format/Columnar.html, "Serialization and Interprocess
// Communication"): the record batches of a stream, or of a file, which holds one.
#ifndef TALLY_LIB_PROBLEMS_ARROW_STREAM_H_
#define TALLY_LIB_PROBLEMS_ARROW_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/base/byte_source.h"
#include "lib/problems/flatbuffer.h"

namespace tally {

// Types of Schema.fbs.
inline constexpr int kArrowNull = 1, kArrowInt = 2, kArrowFloat = 3, kArrowBinary = 4, kArrowUtf8 = 5, kArrowBool = 6,
                     kArrowDecimal = 7, kArrowDate = 8, kArrowTime = 9, kArrowTimestamp = 10, kArrowInterval = 11,
                     kArrowList = 12, kArrowStruct = 13, kArrowFixedSizeBinary = 15, kArrowFixedSizeList = 16,
                     kArrowMap = 17, kArrowDuration = 18, kArrowLargeBinary = 19, kArrowLargeUtf8 = 20,
                     kArrowLargeList = 21;

// A column, or a part of one.
struct ArrowField {
  std::string name;
  int type = 0;  // one of those above, or another
  int bits = 0;  // of integers
  bool has_dictionary = false;
  std::vector<ArrowField> children;
};

// The buffers of a record batch, each a part of its body.
struct ArrowBatch {
  int64_t rows = 0;
  std::vector<int64_t> nulls;              // of each field, before its children
  std::vector<absl::string_view> buffers;  // of each field, before its children; views into `body`
  std::string body;
};

// Not thread-safe.
class ArrowStream {
 public:
  ArrowStream(std::unique_ptr<ByteSource> bytes, std::string name) : bytes_(std::move(bytes)), name_(std::move(name)) {}

  // Reads the schema, which comes first. Call once, before Next. BadInput, here and below, names the byte.
  absl::StatusOr<std::vector<ArrowField>> ReadSchema();

  // Reads the next record batch; false at the mark that ends the stream. A stream without this mark, which a writer may
  // leave out and pyarrow does not, is truncated. BadInput for a batch that is compressed.
  absl::StatusOr<bool> Next(ArrowBatch* batch);

  // BadInput with the message `NAME: byte N: message`.
  absl::Status ErrorHere(absl::string_view message) const;

 private:
  // A message without its body. False at the mark of the end.
  absl::StatusOr<bool> ReadMessage();
  absl::StatusOr<std::string> ReadBytes(int64_t size);
  absl::Status ReadBatch(FlatBuffer* message, FlatBuffer::Place header, int64_t body_bytes, ArrowBatch* batch);

  const std::unique_ptr<ByteSource> bytes_;
  const std::string name_;
  std::string message_;  // the last one's FlatBuffer
  int64_t position_ = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_ARROW_STREAM_H_

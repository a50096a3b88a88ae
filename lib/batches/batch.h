// What a step trains on, and where it comes from. Torch-free.
#ifndef TALLY_LIB_BATCHES_BATCH_H_
#define TALLY_LIB_BATCHES_BATCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lib/dataset/data_format.h"

namespace tally {

// One batch. The last token of an example is never an input, as nothing follows it.
struct Batch {
  int64_t sequences = 0;
  int64_t length = 0;           // of the longest example, without its last token
  std::vector<int64_t> ids;     // [sequences, length], padded with PAD at the end
  std::vector<int64_t> labels;  // [n] the tokens that the loss reads: those of answers, EOS included, or all; no PAD
  std::vector<int64_t> label_positions;  // [n] places in `ids`, rising, of the token before each label
  std::vector<int64_t> samples;          // [sequences] numbers of the examples in the data set

  // Where the labels of a sequence begin, 0..n, which is where those before it end; also for `sequences`.
  int64_t FirstLabel(int64_t sequence) const;
};

// One problem of a batch.
struct Example {
  absl::Span<const uint8_t> ids;
  int64_t answer_start = 0;  // position in ids
  int64_t sample = 0;        // its number in the data set
};

// The batch of `examples`, in their order; the loss reads answers, or all tokens but the first. Copies the ids.
Batch MakeBatch(const std::vector<Example>& examples, bool answer_only);

// What all batches of a source have in common; lengths, of a stream, so far.
struct DataFacts {
  DataFormat format;
  int64_t longest_example = 0;  // tokens, EOS included
  int64_t longest_number = 0;   // digits
  int64_t examples = 0;         // of all data sets together; 0: a stream
  std::string description;      // for people
};

// The problems of a run in the order in which it sees them, a pure function of the run's configuration and data: a run
// that continues asks for the problems from the first one that it has not seen, and needs no other state (contracts
// 1 and 3 of docs/architecture.md). Not thread-safe.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  virtual const DataFacts& facts() const = 0;

  // Problems first, ..., first + count - 1 of the order, counted from 0.
  virtual absl::StatusOr<Batch> Take(int64_t first, int64_t count) = 0;

  // Identifies the data, of a stream those before problem `first`: a run that continues there must find the same.
  virtual absl::StatusOr<std::string> Fingerprint(int64_t first) = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_BATCHES_BATCH_H_

// The token data set: one safetensors file (docs/formats/token_dataset.md) with
//
//   tokens        U8  [total]      the ids of all examples, one after another: problem, answer, EOS; no padding
//   offsets       U64 [n + 1]      example i is tokens[offsets[i], offsets[i + 1])
//   answer_start  U32 [n]          position in the example of the first answer token (the one after `=`)
//
// and metadata, all text: format, those of FormatMetadata (data_format.h), count, and xxh3 of the tensors' bytes in
// that order.
#ifndef TALLY_LIB_DATASET_TOKEN_DATASET_H_
#define TALLY_LIB_DATASET_TOKEN_DATASET_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/dataset/data_format.h"
#include "lib/dataset/example_facts.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

// The metadata key "format" of the files that are written now; others are refused.
inline constexpr char kTokenDatasetFormat[] = "tally.token_dataset.1";

// A mapped data set. Thread-safe.
class TokenDataset {
 public:
  // BadInput where the file is not a safetensors file, lacks a tensor or a metadata key, the hash does not match (all
  // bytes are read once for that), offsets run backwards, an example is empty, its answer is not between `=` and its
  // EOS, or an id is outside of the vocabulary. MissingInput.
  static absl::StatusOr<std::unique_ptr<TokenDataset>> Open(const std::string& path);

  int64_t examples() const { return examples_; }
  int64_t tokens() const { return static_cast<int64_t>(tokens_.size()); }
  const std::string& path() const { return file_->path(); }
  const DataFormat& data_format() const { return format_; }
  const Vocabulary& vocabulary() const { return format_.vocabulary; }
  const std::vector<TaskFacts>& tasks() const { return format_.tasks; }
  // XXH3 of the tensors' bytes, 16 hexadecimal digits: equal data sets have equal hashes.
  const std::string& hash() const { return file_->metadata().at("xxh3"); }

  // Ids of example i, 0 <= i < examples().
  absl::Span<const uint8_t> Example(int64_t i) const;

  // Number of ids in example i, and the position of its first answer token.
  int64_t ExampleLength(int64_t i) const { return Offset(i + 1) - Offset(i); }
  int64_t AnswerStart(int64_t i) const;

  // Ids in the longest example, and digits in the longest number.
  const ExampleExtent& extent() const { return extent_; }
  int64_t longest_example() const { return extent_.longest_example; }
  int64_t longest_number() const { return extent_.longest_number; }

 private:
  TokenDataset(std::unique_ptr<SafetensorsFile> file, DataFormat format);
  int64_t Offset(int64_t i) const;
  absl::Status ReadTensors();
  absl::Status CheckHash() const;
  absl::Status CheckCount() const;
  absl::Status CheckExamples();

  std::unique_ptr<SafetensorsFile> file_;
  DataFormat format_;
  int64_t examples_ = 0;
  ExampleExtent extent_;
  absl::string_view tokens_;
  absl::string_view offsets_;        // u64, unaligned
  absl::string_view answer_starts_;  // u32, unaligned
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_TOKEN_DATASET_H_

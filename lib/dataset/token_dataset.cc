#include "lib/dataset/token_dataset.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/checksums.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are used where they lie in the file");

// Element i of an array that need not be aligned.
template <typename T>
T Load(absl::string_view bytes, int64_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

absl::Status Refuse(const SafetensorsFile& file, absl::string_view found, absl::string_view expected) {
  return BadInputError(absl::StrCat(file.path(), ": found ", found, ", expected ", expected));
}

// The bytes of a tensor of rank 1.
absl::StatusOr<absl::string_view> Vector(const SafetensorsFile& file, absl::string_view name, DType dtype) {
  TALLY_ASSIGN_OR_RETURN(const TensorView tensor, file.Find(name, dtype));
  if (tensor.shape.size() == 1) return tensor.bytes;
  return Refuse(file, absl::StrCat("tensor \"", name, "\" of rank ", tensor.shape.size()), "rank 1");
}

}  // namespace

TokenDataset::TokenDataset(std::unique_ptr<SafetensorsFile> file, DataFormat format)
    : file_(std::move(file)), format_(std::move(format)) {}

absl::StatusOr<std::unique_ptr<TokenDataset>> TokenDataset::Open(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<SafetensorsFile> file, SafetensorsFile::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::string format, FindMetadata(file->metadata(), "format", path));
  if (format != kTokenDatasetFormat) {
    return Refuse(*file, absl::StrCat("format ", Quote(format)), kTokenDatasetFormat);
  }
  TALLY_ASSIGN_OR_RETURN(DataFormat data_format, ParseFormatMetadata(file->metadata(), path, /*lengths=*/true));
  auto dataset = std::unique_ptr<TokenDataset>(new TokenDataset(std::move(file), std::move(data_format)));
  TALLY_RETURN_IF_ERROR(dataset->ReadTensors());
  TALLY_RETURN_IF_ERROR(dataset->CheckHash());
  TALLY_RETURN_IF_ERROR(dataset->CheckCount());
  TALLY_RETURN_IF_ERROR(dataset->CheckExamples());
  return dataset;
}

absl::Status TokenDataset::ReadTensors() {
  TALLY_ASSIGN_OR_RETURN(tokens_, Vector(*file_, "tokens", DType::kU8));
  TALLY_ASSIGN_OR_RETURN(offsets_, Vector(*file_, "offsets", DType::kU64));
  TALLY_ASSIGN_OR_RETURN(answer_starts_, Vector(*file_, "answer_start", DType::kU32));
  examples_ = static_cast<int64_t>(answer_starts_.size() / sizeof(uint32_t));
  const int64_t offsets = static_cast<int64_t>(offsets_.size() / sizeof(uint64_t));
  if (examples_ >= 1 && offsets == examples_ + 1) return absl::OkStatus();
  return Refuse(*file_, absl::StrCat(offsets, " offsets and ", examples_, " answer starts"),
                "at least one example and one offset more than examples");
}

absl::Status TokenDataset::CheckHash() const {
  TALLY_ASSIGN_OR_RETURN(const std::string stored, FindMetadata(file_->metadata(), "xxh3", path()));
  ContentHash hash;
  for (const absl::string_view bytes : {tokens_, offsets_, answer_starts_}) hash.Add(bytes);
  if (stored == hash.Hex()) return absl::OkStatus();
  return Refuse(*file_, absl::StrCat("contents with xxh3 ", hash.Hex()),
                absl::StrCat(Quote(stored), ", so the file is damaged"));
}

absl::Status TokenDataset::CheckCount() const {
  TALLY_ASSIGN_OR_RETURN(const std::string count, FindMetadata(file_->metadata(), "count", path()));
  if (count == absl::StrCat(examples_)) return absl::OkStatus();
  return Refuse(*file_, absl::StrCat("count ", Quote(count)), absl::StrCat(examples_, ", the examples"));
}

absl::Status TokenDataset::CheckExamples() {
  const auto error = [&](int64_t example, absl::string_view found, absl::string_view expected) {
    return Refuse(*file_, absl::StrCat("in example ", example, " (from 0) ", found), expected);
  };
  if (Offset(0) != 0) return error(0, absl::StrCat("offset ", Load<uint64_t>(offsets_, 0)), "0");
  for (int64_t i = 0; i < examples_; ++i) {
    const uint64_t begin = Load<uint64_t>(offsets_, i);
    const uint64_t end = Load<uint64_t>(offsets_, i + 1);
    if (end <= begin || end > tokens_.size()) {
      return error(i, absl::StrCat("offsets ", begin, "..", end),
                   absl::StrCat("them to rise, up to ", tokens_.size(), " at most"));
    }
    const absl::Span<const uint8_t> example = Example(i);
    const int64_t answer = AnswerStart(i);
    if (!AnswerIsInPlace(example, answer, vocabulary())) {
      return error(i, absl::StrCat("answer start ", answer), "an answer between = and EOS");
    }
    extent_.Add(example);
  }
  if (Offset(examples_) != tokens()) {
    return error(examples_ - 1, absl::StrCat("the end ", Offset(examples_)),
                 absl::StrCat(tokens(), ", the number of tokens"));
  }
  const auto* ids = reinterpret_cast<const uint8_t*>(tokens_.data());
  const int largest = *std::max_element(ids, ids + tokens_.size());
  if (largest < vocabulary().size()) return absl::OkStatus();
  return Refuse(*file_, absl::StrCat("id ", largest), absl::StrCat("at most ", vocabulary().size() - 1));
}

absl::Span<const uint8_t> TokenDataset::Example(int64_t i) const {
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(tokens_.data()) + Offset(i), ExampleLength(i));
}

int64_t TokenDataset::AnswerStart(int64_t i) const { return Load<uint32_t>(answer_starts_, i); }

int64_t TokenDataset::Offset(int64_t i) const { return static_cast<int64_t>(Load<uint64_t>(offsets_, i)); }

}  // namespace tally

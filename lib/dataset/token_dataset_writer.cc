// A safetensors file begins with a header that states the size of every tensor, which is known only at the end. So:
//   1. Open leaves room for the header in an AtomicFile.
//   2. Add appends the example's tokens to the file, its offset and answer start to an anonymous temporary file each.
//   3. Commit copies offsets and answer starts behind the tokens, writes the header into its room, and renames.
#include "lib/dataset/token_dataset_writer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

constexpr int64_t kHeaderBytes = 4096;  // about 1,000 are used
constexpr size_t kBufferBytes = 1 << 20;

// The bytes of a number, least significant first as on all machines that Tally runs on (token_dataset.cc asserts it).
template <typename T>
absl::string_view BytesOf(const T& value) {
  return absl::string_view(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenDatasetWriter>> TokenDatasetWriter::Open(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file, AtomicFile::Open(path));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<SpoolFile> offsets, SpoolFile::Open(FolderOf(path)));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<SpoolFile> answer_starts, SpoolFile::Open(FolderOf(path)));
  TALLY_RETURN_IF_ERROR(file->Append(std::string(kHeaderBytes, '\0')));
  TALLY_RETURN_IF_ERROR(offsets->Append(BytesOf(uint64_t{0})));
  return std::unique_ptr<TokenDatasetWriter>(
      new TokenDatasetWriter(std::move(file), std::move(offsets), std::move(answer_starts)));
}

TokenDatasetWriter::TokenDatasetWriter(std::unique_ptr<AtomicFile> file, std::unique_ptr<SpoolFile> offsets,
                                       std::unique_ptr<SpoolFile> answer_starts)
    : file_(std::move(file)), offsets_(std::move(offsets)), answer_starts_(std::move(answer_starts)) {}

absl::Status TokenDatasetWriter::Add(const ProblemSize& size, const std::vector<uint8_t>& ids, int64_t answer_start) {
  buffer_.append(reinterpret_cast<const char*>(ids.data()), ids.size());
  buffer_.push_back(static_cast<char>(kEndId));
  tokens_ += ids.size() + 1;
  ++examples_;
  first_operand_.Widen(size.first);
  second_operand_.Widen(size.second);
  TALLY_RETURN_IF_ERROR(offsets_->Append(BytesOf(tokens_)));
  TALLY_RETURN_IF_ERROR(answer_starts_->Append(BytesOf(static_cast<uint32_t>(answer_start))));
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : FlushTokens();
}

absl::Status TokenDatasetWriter::Commit(const ProblemFormat& format, const Vocabulary& vocabulary) {
  if (examples_ == 0) return absl::InternalError(absl::StrCat(file_->path(), ": a data set without examples"));
  TALLY_RETURN_IF_ERROR(FlushTokens());
  const auto append = [this](absl::string_view bytes) { return AppendHashed(bytes); };
  TALLY_RETURN_IF_ERROR(offsets_->ReadAll(append));
  TALLY_RETURN_IF_ERROR(answer_starts_->ReadAll(append));
  const std::string header = Header(format, vocabulary);
  if (header.size() != kHeaderBytes) {
    return absl::InternalError(absl::StrCat(file_->path(), ": a header of ", header.size(), " bytes"));
  }
  TALLY_RETURN_IF_ERROR(file_->WriteAt(0, header));
  return file_->Commit();
}

absl::Status TokenDatasetWriter::FlushTokens() {
  TALLY_RETURN_IF_ERROR(AppendHashed(buffer_));
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status TokenDatasetWriter::AppendHashed(absl::string_view bytes) {
  hash_.Add(bytes);
  return file_->Append(bytes);
}

std::string TokenDatasetWriter::Header(const ProblemFormat& format, const Vocabulary& vocabulary) const {
  const std::vector<NamedTensor> tensors = {{"tokens", DType::kU8, {static_cast<int64_t>(tokens_)}},
                                            {"offsets", DType::kU64, {examples_ + 1}},
                                            {"answer_start", DType::kU32, {examples_}}};
  std::map<std::string, std::string> metadata = FormatMetadata(format, vocabulary);
  metadata["format"] = kTokenDatasetFormat;
  metadata["count"] = absl::StrCat(examples_);
  metadata["xxh3"] = hash_.Hex();
  metadata["first_operand"] = absl::StrCat(first_operand_.min, "..", first_operand_.max);
  metadata["second_operand"] = absl::StrCat(second_operand_.min, "..", second_operand_.max);
  return SafetensorsHeader(tensors, metadata, kHeaderBytes);
}

}  // namespace tally

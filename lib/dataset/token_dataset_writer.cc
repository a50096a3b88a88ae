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

constexpr size_t kHeaderGrain = 4096;
constexpr size_t kBufferBytes = 1 << 20;

// The bytes of a number, least significant first as on all machines that Tally runs on (token_dataset.cc asserts it).
template <typename T>
absl::string_view BytesOf(const T& value) {
  return absl::string_view(reinterpret_cast<const char*>(&value), sizeof(T));
}

// Room for the header of any data set of this format; usually about 1,000 bytes of it are used.
size_t HeaderRoom(const DataFormat& format) {
  const size_t counts = 512 + 64 * format.tasks.size();  // at most, and lengths of operands, which are known at the end
  const size_t used = SafetensorsHeader({}, FormatMetadata(format), 0).size() + counts;
  return (used + kHeaderGrain - 1) / kHeaderGrain * kHeaderGrain;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenDatasetWriter>> TokenDatasetWriter::Open(const std::string& path,
                                                                             const DataFormat& format) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file, AtomicFile::Open(path));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<SpoolFile> offsets, SpoolFile::Open(FolderOf(path)));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<SpoolFile> answer_starts, SpoolFile::Open(FolderOf(path)));
  TALLY_RETURN_IF_ERROR(file->Append(std::string(HeaderRoom(format), '\0')));
  TALLY_RETURN_IF_ERROR(offsets->Append(BytesOf(uint64_t{0})));
  return std::unique_ptr<TokenDatasetWriter>(
      new TokenDatasetWriter(std::move(file), std::move(offsets), std::move(answer_starts), format));
}

TokenDatasetWriter::TokenDatasetWriter(std::unique_ptr<AtomicFile> file, std::unique_ptr<SpoolFile> offsets,
                                       std::unique_ptr<SpoolFile> answer_starts, DataFormat format)
    : file_(std::move(file)),
      offsets_(std::move(offsets)),
      answer_starts_(std::move(answer_starts)),
      format_(std::move(format)),
      header_bytes_(static_cast<size_t>(file_->size())) {}

absl::Status TokenDatasetWriter::Add(const TokenizedProblem& example) {
  buffer_.append(reinterpret_cast<const char*>(example.ids.data()), example.ids.size());
  buffer_.push_back(static_cast<char>(kEndId));
  tokens_ += example.ids.size() + 1;
  ++examples_;
  format_.tasks[example.task].first_operand.Widen(example.size.first);
  format_.tasks[example.task].second_operand.Widen(example.size.second);
  TALLY_RETURN_IF_ERROR(offsets_->Append(BytesOf(tokens_)));
  TALLY_RETURN_IF_ERROR(answer_starts_->Append(BytesOf(static_cast<uint32_t>(example.answer_start))));
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : FlushTokens();
}

absl::Status TokenDatasetWriter::Commit() {
  if (examples_ == 0) return absl::InternalError(absl::StrCat(file_->path(), ": a data set without examples"));
  TALLY_RETURN_IF_ERROR(FlushTokens());
  const auto append = [this](absl::string_view bytes) { return AppendHashed(bytes); };
  TALLY_RETURN_IF_ERROR(offsets_->ReadAll(append));
  TALLY_RETURN_IF_ERROR(answer_starts_->ReadAll(append));
  const std::string header = Header();
  if (header.size() != header_bytes_) {
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

std::string TokenDatasetWriter::Header() const {
  const std::vector<NamedTensor> tensors = {{"tokens", DType::kU8, {static_cast<int64_t>(tokens_)}},
                                            {"offsets", DType::kU64, {examples_ + 1}},
                                            {"answer_start", DType::kU32, {examples_}}};
  DataFormat found = {{}, format_.vocabulary};
  for (const TaskFacts& task : format_.tasks) {
    if (task.first_operand.max > 0) found.tasks.push_back(task);
  }
  std::map<std::string, std::string> metadata = FormatMetadata(found);
  metadata["format"] = kTokenDatasetFormat;
  metadata["count"] = absl::StrCat(examples_);
  metadata["xxh3"] = hash_.Hex();
  return SafetensorsHeader(tensors, metadata, header_bytes_);
}

}  // namespace tally

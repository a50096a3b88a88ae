#include "lib/dataset/token_stream_writer.h"

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr size_t kBlockBytes = 1 << 16;

template <typename T>
absl::string_view BytesOf(const T& value) {
  return absl::string_view(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenStreamWriter>> TokenStreamWriter::Open(const std::string& path,
                                                                           const DataFormat& format) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<OutputStream> out, OutputStream::Open(path));
  TALLY_RETURN_IF_ERROR(out->Write(absl::StrCat(StreamHeader(format), "\n")));
  return std::unique_ptr<TokenStreamWriter>(new TokenStreamWriter(std::move(out)));
}

absl::Status TokenStreamWriter::Add(const TokenizedProblem& example) {
  const StreamExampleHead head = {
      static_cast<uint32_t>(example.ids.size() + 1), static_cast<uint32_t>(example.answer_start),
      static_cast<uint32_t>(example.size.first), static_cast<uint32_t>(example.size.second)};
  absl::StrAppend(&example_heads_, BytesOf(head));
  ids_.append(reinterpret_cast<const char*>(example.ids.data()), example.ids.size());
  ids_.push_back(static_cast<char>(kEndId));
  ++head_.examples;
  return example_heads_.size() + ids_.size() < kBlockBytes ? absl::OkStatus() : WriteBlock();
}

absl::Status TokenStreamWriter::WriteBlock() {
  const std::string bytes = absl::StrCat(example_heads_, ids_);
  head_.bytes = static_cast<uint32_t>(bytes.size());
  head_.xxh3 = StreamBlockHash(head_, bytes);
  TALLY_RETURN_IF_ERROR(out_->Write(absl::StrCat(BytesOf(head_), bytes)));
  head_.first_example += head_.examples;
  head_.examples = 0;
  example_heads_.clear();
  ids_.clear();
  return absl::OkStatus();
}

absl::Status TokenStreamWriter::Commit() {
  if (head_.examples > 0) TALLY_RETURN_IF_ERROR(WriteBlock());
  TALLY_RETURN_IF_ERROR(WriteBlock());
  return out_->Commit();
}

}  // namespace tally

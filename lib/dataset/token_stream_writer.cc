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
                                                                           const ProblemFormat& lines,
                                                                           const Vocabulary& vocabulary) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<OutputStream> out, OutputStream::Open(path));
  TALLY_RETURN_IF_ERROR(out->Write(absl::StrCat(StreamHeader(lines, vocabulary), "\n")));
  return std::unique_ptr<TokenStreamWriter>(new TokenStreamWriter(std::move(out)));
}

absl::Status TokenStreamWriter::Add(const TokenRow& row) {
  const StreamRowHead head = {static_cast<uint32_t>(row.ids.size() + 1), static_cast<uint32_t>(row.answer_start),
                              static_cast<uint32_t>(row.size.first), static_cast<uint32_t>(row.size.second)};
  absl::StrAppend(&row_heads_, BytesOf(head));
  ids_.append(reinterpret_cast<const char*>(row.ids.data()), row.ids.size());
  ids_.push_back(static_cast<char>(kEndId));
  ++head_.rows;
  return row_heads_.size() + ids_.size() < kBlockBytes ? absl::OkStatus() : WriteBlock();
}

absl::Status TokenStreamWriter::WriteBlock() {
  const std::string bytes = absl::StrCat(row_heads_, ids_);
  head_.bytes = static_cast<uint32_t>(bytes.size());
  head_.xxh3 = StreamBlockHash(head_, bytes);
  TALLY_RETURN_IF_ERROR(out_->Write(absl::StrCat(BytesOf(head_), bytes)));
  head_.first_row += head_.rows;
  head_.rows = 0;
  row_heads_.clear();
  ids_.clear();
  return absl::OkStatus();
}

absl::Status TokenStreamWriter::Commit() {
  if (head_.rows > 0) TALLY_RETURN_IF_ERROR(WriteBlock());
  TALLY_RETURN_IF_ERROR(WriteBlock());
  return out_->Commit();
}

}  // namespace tally

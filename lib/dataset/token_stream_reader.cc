#include "lib/dataset/token_stream_reader.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "lib/base/byte_reader.h"
#include "lib/base/status_macros.h"
#include "lib/dataset/row_facts.h"

namespace tally {
namespace {

constexpr size_t kMaxHeaderBytes = 1 << 16;

}  // namespace

absl::StatusOr<std::unique_ptr<TokenStreamReader>> TokenStreamReader::Open(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<ByteReader> in, ByteReader::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::string header, in->ReadLine(kMaxHeaderBytes));
  TALLY_ASSIGN_OR_RETURN(DataFormat format, ParseStreamHeader(header, InputName(path)));
  return std::unique_ptr<TokenStreamReader>(new TokenStreamReader(std::move(in), std::move(format)));
}

absl::Status TokenStreamReader::Fill(absl::Span<char> bytes) {
  TALLY_ASSIGN_OR_RETURN(const size_t count, in_->Read(bytes.data(), bytes.size()));
  if (count == bytes.size()) return absl::OkStatus();
  return in_->ErrorHere(absl::StrCat("the token stream is cut off after ", rows_, " whole rows, expected ",
                                     bytes.size() - count, " more bytes of a block"));
}

absl::Status TokenStreamReader::CheckHead(const StreamBlockHead& head) const {
  if (static_cast<int64_t>(head.first_row) != rows_) {
    return in_->ErrorHere(
        absl::StrCat("found a block that begins with row ", head.first_row, ", expected row ", rows_));
  }
  const bool fits = head.bytes <= kMaxStreamBlockBytes && uint64_t{head.rows} * sizeof(StreamRowHead) <= head.bytes;
  if (fits && (head.rows > 0 || head.bytes == 0)) return absl::OkStatus();
  return in_->ErrorHere(absl::StrCat("found a block of ", head.rows, " rows in ", head.bytes, " bytes, expected ",
                                     sizeof(StreamRowHead), " bytes a row and more, up to ", kMaxStreamBlockBytes));
}

absl::StatusOr<bool> TokenStreamReader::Next(RowBlock* block) {
  StreamBlockHead head;
  TALLY_RETURN_IF_ERROR(Fill({reinterpret_cast<char*>(&head), sizeof(head)}));
  TALLY_RETURN_IF_ERROR(CheckHead(head));
  std::string bytes(head.bytes, '\0');
  TALLY_RETURN_IF_ERROR(Fill(absl::MakeSpan(bytes)));
  if (StreamBlockHash(head, bytes) != head.xxh3) {
    return in_->ErrorHere(absl::StrCat("the block of row ", rows_, " is damaged: its bytes have another xxh3"));
  }
  if (head.rows == 0) {
    TALLY_RETURN_IF_ERROR(CheckEnd());
    return false;
  }
  block->first_row = rows_;
  block->rows.resize(head.rows);
  const size_t heads = head.rows * sizeof(StreamRowHead);
  std::memcpy(block->rows.data(), bytes.data(), heads);
  block->ids.assign(bytes.begin() + heads, bytes.end());
  TALLY_RETURN_IF_ERROR(CheckRows(*block));
  rows_ += head.rows;
  return true;
}

absl::Status TokenStreamReader::CheckRows(const RowBlock& block) const {
  size_t begin = 0;
  for (size_t i = 0; i < block.rows.size(); ++i) {
    const StreamRowHead& row = block.rows[i];
    const auto error = [&](absl::string_view expected) {
      return in_->ErrorHere(absl::StrCat("in row ", block.first_row + i, " (from 0), ", row.ids, " ids, answer start ",
                                         row.answer_start, ": expected ", expected));
    };
    if (row.ids > block.ids.size() - begin) return error("ids that the block holds");
    const absl::Span<const uint8_t> ids(block.ids.data() + begin, row.ids);
    if (!AnswerIsInPlace(ids, row.answer_start, format_.vocabulary)) return error("an answer between = and EOS");
    if (*std::max_element(ids.begin(), ids.end()) >= format_.vocabulary.size()) {
      return error(absl::StrCat("ids below ", format_.vocabulary.size()));
    }
    if (row.first == 0 || row.second == 0) return error("operands with digits");
    begin += row.ids;
  }
  if (begin == block.ids.size()) return absl::OkStatus();
  return in_->ErrorHere(absl::StrCat("found ", block.ids.size(), " ids in a block, expected ", begin, " as rows say"));
}

absl::Status TokenStreamReader::CheckEnd() {
  char next;
  TALLY_ASSIGN_OR_RETURN(const size_t count, in_->Read(&next, 1));
  return count == 0 ? absl::OkStatus() : in_->ErrorHere("found bytes behind the end of the token stream");
}

}  // namespace tally

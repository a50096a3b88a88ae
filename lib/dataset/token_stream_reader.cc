#include "lib/dataset/token_stream_reader.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "lib/base/byte_reader.h"
#include "lib/base/status_macros.h"
#include "lib/dataset/example_facts.h"

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

absl::Status TokenStreamReader::CheckWhole(size_t found, size_t expected) const {
  if (found == expected) return absl::OkStatus();
  return in_->ErrorHere(absl::StrCat("the token stream is cut off after ", examples_, " whole examples, expected ",
                                     expected - found, " more bytes of a block"));
}

absl::Status TokenStreamReader::CheckHead(const StreamBlockHead& head) const {
  if (static_cast<int64_t>(head.first_example) != examples_) {
    return in_->ErrorHere(
        absl::StrCat("found a block that begins with example ", head.first_example, ", expected example ", examples_));
  }
  const bool fits =
      head.bytes <= kMaxStreamBlockBytes && uint64_t{head.examples} * sizeof(StreamExampleHead) <= head.bytes;
  if (fits && (head.examples > 0 || head.bytes == 0)) return absl::OkStatus();
  return in_->ErrorHere(absl::StrCat("found a block of ", head.examples, " examples in ", head.bytes,
                                     " bytes, expected ", sizeof(StreamExampleHead),
                                     " bytes an example or more, up to ", kMaxStreamBlockBytes));
}

absl::StatusOr<bool> TokenStreamReader::Next(ExampleBlock* block) {
  StreamBlockHead head;
  TALLY_ASSIGN_OR_RETURN(const size_t count, in_->Read(reinterpret_cast<char*>(&head), sizeof(head)));
  TALLY_RETURN_IF_ERROR(CheckWhole(count, sizeof(head)));
  TALLY_RETURN_IF_ERROR(CheckHead(head));
  TALLY_ASSIGN_OR_RETURN(const std::string bytes, in_->ReadBlock(head.bytes));
  TALLY_RETURN_IF_ERROR(CheckWhole(bytes.size(), head.bytes));
  if (StreamBlockHash(head, bytes) != head.xxh3) {
    return in_->ErrorHere(absl::StrCat("the block of example ", examples_, " is damaged: its bytes have another xxh3"));
  }
  if (head.examples == 0) {
    TALLY_RETURN_IF_ERROR(CheckEnd());
    return false;
  }
  block->first_example = examples_;
  block->examples.resize(head.examples);
  const size_t heads = head.examples * sizeof(StreamExampleHead);
  std::memcpy(block->examples.data(), bytes.data(), heads);
  block->ids.assign(bytes.begin() + heads, bytes.end());
  TALLY_RETURN_IF_ERROR(CheckExamples(*block));
  examples_ += head.examples;
  return true;
}

absl::Status TokenStreamReader::CheckExamples(const ExampleBlock& block) const {
  size_t begin = 0;
  for (size_t i = 0; i < block.examples.size(); ++i) {
    const StreamExampleHead& example = block.examples[i];
    const auto error = [&](absl::string_view expected) {
      return in_->ErrorHere(absl::StrCat("in example ", block.first_example + i, " (from 0), ", example.ids,
                                         " ids, answer start ", example.answer_start, ": expected ", expected));
    };
    if (example.ids > block.ids.size() - begin) return error("ids that the block holds");
    const absl::Span<const uint8_t> ids(block.ids.data() + begin, example.ids);
    if (!AnswerIsInPlace(ids, example.answer_start, format_.vocabulary)) return error("an answer between = and EOS");
    if (*std::max_element(ids.begin(), ids.end()) >= format_.vocabulary.size()) {
      return error(absl::StrCat("ids below ", format_.vocabulary.size()));
    }
    if (example.first == 0 || example.second == 0) return error("operands with digits");
    begin += example.ids;
  }
  if (begin == block.ids.size()) return absl::OkStatus();
  return in_->ErrorHere(
      absl::StrCat("found ", block.ids.size(), " ids in a block, expected ", begin, " as examples say"));
}

absl::Status TokenStreamReader::CheckEnd() {
  char next;
  TALLY_ASSIGN_OR_RETURN(const size_t count, in_->Read(&next, 1));
  return count == 0 ? absl::OkStatus() : in_->ErrorHere("found bytes behind the end of the token stream");
}

}  // namespace tally

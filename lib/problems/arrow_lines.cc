#include "lib/problems/arrow_lines.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/problems/arrow_stream.h"

namespace tally {
namespace {

constexpr char kIds[] = "input_ids", kText[] = "text";

bool IsLarge(int type) { return type == kArrowLargeList || type == kArrowLargeUtf8; }
bool IsText(const ArrowField& field) { return field.type == kArrowUtf8 || field.type == kArrowLargeUtf8; }

bool IsListOfIntegers(const ArrowField& field) {
  if ((field.type != kArrowList && field.type != kArrowLargeList) || field.children.size() != 1) return false;
  const ArrowField& child = field.children[0];
  return child.type == kArrowInt && !child.has_dictionary &&
         (child.bits == 8 || child.bits == 16 || child.bits == 32 || child.bits == 64);
}

// How many buffers a field has of its own, without its children's; -1 for types whose layout is not known here.
int OwnBuffers(const ArrowField& field) {
  switch (field.type) {
    case kArrowNull:
      return 0;
    case kArrowStruct:
    case kArrowFixedSizeList:
      return 1;
    case kArrowInt:
    case kArrowFloat:
    case kArrowBool:
    case kArrowDecimal:
    case kArrowDate:
    case kArrowTime:
    case kArrowTimestamp:
    case kArrowInterval:
    case kArrowFixedSizeBinary:
    case kArrowDuration:
    case kArrowList:
    case kArrowLargeList:
    case kArrowMap:
      return 2;
    case kArrowBinary:
    case kArrowUtf8:
    case kArrowLargeBinary:
    case kArrowLargeUtf8:
      return 3;
    default:
      return -1;
  }
}

// Where the nodes and buffers of a column begin.
struct ColumnPlace {
  size_t node = 0, buffer = 0;
};

// Steps over a column that is not wanted; false where its layout is not known.
bool StepOver(const ArrowField& field, ColumnPlace* place) {
  const int own = OwnBuffers(field);
  if (own < 0 || field.has_dictionary) return false;
  ++place->node;
  place->buffer += static_cast<size_t>(own);
  return std::all_of(field.children.begin(), field.children.end(),
                     [&](const ArrowField& child) { return StepOver(child, place); });
}

// Number `index` of a buffer of whole numbers of this many bits; negative ones of fewer than 64 are large instead, as
// no id is.
int64_t IntegerAt(absl::string_view buffer, int64_t index, int bits) {
  const auto bytes = static_cast<size_t>(bits / 8);
  uint64_t value = 0;
  std::memcpy(&value, buffer.data() + static_cast<size_t>(index) * bytes, bytes);
  return static_cast<int64_t>(value);
}

class ArrowLines : public ByteSource {
 public:
  ArrowLines(std::unique_ptr<ByteSource> arrow, std::string name, const Vocabulary& vocabulary)
      : name_(name), stream_(std::move(arrow), std::move(name)), vocabulary_(vocabulary) {}

  absl::StatusOr<size_t> Read(char* data, size_t size) override {
    while (given_ == line_.size()) {
      TALLY_ASSIGN_OR_RETURN(const bool more, NextLine());
      if (!more) return 0;
    }
    const size_t count = std::min(size, line_.size() - given_);
    std::memcpy(data, line_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  absl::StatusOr<bool> NextLine() {
    if (!column_.has_value()) TALLY_RETURN_IF_ERROR(ChooseColumn());
    while (row_ == batch_.rows) {
      TALLY_ASSIGN_OR_RETURN(const bool more, stream_.Next(&batch_));
      if (!more) return false;
      row_ = 0;
      TALLY_RETURN_IF_ERROR(CheckBatch());
    }
    given_ = 0;
    ++rows_;
    const int64_t begin = OffsetOf(row_), end = OffsetOf(row_ + 1);
    const int64_t most = static_cast<int64_t>(values_.size()) / (IsText(*column_) ? 1 : column_->children[0].bits / 8);
    if (begin < 0 || end < begin || end > most) {
      return ErrorInRow(absl::StrCat("found values ", begin, " to ", end, ", expected some of the batch's ", most));
    }
    ++row_;
    TALLY_RETURN_IF_ERROR(IsText(*column_) ? SetText(values_.substr(begin, end - begin)) : SetIds(begin, end));
    line_.push_back('\n');
    return true;
  }

  absl::Status ChooseColumn() {
    TALLY_ASSIGN_OR_RETURN(const std::vector<ArrowField> fields, stream_.ReadSchema());
    for (const char* wanted : {kIds, kText}) {
      ColumnPlace place;
      bool known = true;
      for (const ArrowField& field : fields) {
        const bool fits = wanted == kIds ? IsListOfIntegers(field) : IsText(field);
        if (known && field.name == wanted && fits && !field.has_dictionary) {
          column_ = field;
          place_ = place;
          return absl::OkStatus();
        }
        known = known && StepOver(field, &place);
      }
    }
    const std::string names = absl::StrJoin(
        fields, ", ", [](std::string* out, const ArrowField& field) { absl::StrAppend(out, field.name); });
    return BadInputError(absl::StrCat(name_, ": found the columns ", names, ", expected ", kIds,
                                      ", lists of integers, or ", kText, ", both without a dictionary"));
  }

  // Finds the column's buffers: validity, offsets, text; of a list, then its child's: validity, values.
  absl::Status CheckBatch() {
    const size_t nodes = IsText(*column_) ? 1 : 2, buffers = IsText(*column_) ? 3 : 4;
    if (place_.node + nodes > batch_.nulls.size() || place_.buffer + buffers > batch_.buffers.size()) {
      return stream_.ErrorHere(absl::StrCat("found a record batch without all buffers of ", column_->name));
    }
    for (size_t i = 0; i < nodes; ++i) {
      if (batch_.nulls[place_.node + i] != 0) {
        return stream_.ErrorHere(absl::StrCat("found nulls in ", column_->name, " before this, expected none"));
      }
    }
    offsets_ = batch_.buffers[place_.buffer + 1];
    values_ = batch_.buffers[place_.buffer + buffers - 1];
    const size_t offset_bytes = IsLarge(column_->type) ? 8 : 4;
    if (batch_.rows > 0 && offsets_.size() / offset_bytes <= static_cast<size_t>(batch_.rows)) {
      return stream_.ErrorHere(absl::StrCat("found offsets for fewer than ", batch_.rows, " rows before this"));
    }
    return absl::OkStatus();
  }

  int64_t OffsetOf(int64_t row) const { return IntegerAt(offsets_, row, IsLarge(column_->type) ? 64 : 32); }

  absl::Status SetText(absl::string_view text) {
    line_ = std::string(text);
    return text.find('\n') == absl::string_view::npos ? absl::OkStatus()
                                                      : ErrorInRow("found a newline in text, expected one line");
  }

  // The characters of values begin, ..., end - 1.
  absl::Status SetIds(int64_t begin, int64_t end) {
    line_.clear();
    bool ended = false;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t id = IntegerAt(values_, i, column_->children[0].bits);
      if (ended && id == kPadId) continue;
      if (ended || id < 0 || id >= vocabulary_.size() || id == kUnknownId || id == kBeginId) {
        return ErrorInRow(absl::StrCat(
            "found the id ", id, " at place ", i - begin + 1, ", expected ",
            ended ? "PAD, 0, after the end" : absl::StrCat("a character of the vocabulary ", vocabulary_.name())));
      }
      ended = id == kEndId;
      if (!ended) absl::StrAppend(&line_, id == kPadId ? " " : vocabulary_.TokenText(id));
    }
    return ended ? absl::OkStatus() : ErrorInRow("found no EOS, 3, expected one after the answer");
  }

  absl::Status ErrorInRow(absl::string_view message) const {
    return BadInputError(absl::StrCat(name_, ":", rows_, ": ", message));
  }

  const std::string name_;
  ArrowStream stream_;
  const Vocabulary& vocabulary_;
  absl::optional<ArrowField> column_;
  ColumnPlace place_;
  ArrowBatch batch_;
  absl::string_view offsets_, values_;  // the column's, in batch_
  int64_t row_ = 0;                     // next in batch_
  int64_t rows_ = 0;                    // of the whole stream, up to the line's
  std::string line_;
  size_t given_ = 0;  // bytes of it
};

}  // namespace

std::unique_ptr<ByteSource> ReadArrowLines(std::unique_ptr<ByteSource> arrow, std::string name,
                                           const Vocabulary& vocabulary) {
  return std::make_unique<ArrowLines>(std::move(arrow), std::move(name), vocabulary);
}

}  // namespace tally

#include "lib/dataset/row_facts.h"

#include <algorithm>

namespace tally {

void DigitRange::Widen(int64_t digits) {
  min = max == 0 ? digits : std::min(min, digits);
  max = std::max(max, digits);
}

void DigitRange::Widen(const DigitRange& other) {
  if (other.max == 0) return;
  Widen(other.min);
  Widen(other.max);
}

void RowExtent::Add(absl::Span<const uint8_t> row) {
  longest_row = std::max(longest_row, static_cast<int64_t>(row.size()));
  int64_t digits = 0;
  for (const uint8_t id : row) {
    digits = IsDigitId(id) ? digits + 1 : 0;
    longest_number = std::max(longest_number, digits);
  }
}

void RowExtent::Add(const RowExtent& other) {
  longest_row = std::max(longest_row, other.longest_row);
  longest_number = std::max(longest_number, other.longest_number);
}

bool AnswerIsInPlace(absl::Span<const uint8_t> row, int64_t answer_start, const Vocabulary& vocabulary) {
  return answer_start >= 1 && answer_start + 1 < static_cast<int64_t>(row.size()) &&
         row[answer_start - 1] == vocabulary.equals_id() && row.back() == kEndId;
}

}  // namespace tally

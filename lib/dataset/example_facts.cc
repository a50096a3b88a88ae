#include "lib/dataset/example_facts.h"

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

void ExampleExtent::Add(absl::Span<const uint8_t> example) {
  longest_example = std::max(longest_example, static_cast<int64_t>(example.size()));
  int64_t digits = 0;
  for (const uint8_t id : example) {
    digits = IsDigitId(id) ? digits + 1 : 0;
    longest_number = std::max(longest_number, digits);
  }
}

void ExampleExtent::Add(const ExampleExtent& other) {
  longest_example = std::max(longest_example, other.longest_example);
  longest_number = std::max(longest_number, other.longest_number);
}

bool AnswerIsInPlace(absl::Span<const uint8_t> example, int64_t answer_start, const Vocabulary& vocabulary) {
  return answer_start >= 1 && answer_start + 1 < static_cast<int64_t>(example.size()) &&
         example[answer_start - 1] == vocabulary.equals_id() && example.back() == kEndId;
}

}  // namespace tally

#include "lib/tasks/bitwise_or.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tally {

BitwiseOrProblems::BitwiseOrProblems(const LengthRange& first, const LengthRange& second)
    : first_(first), second_(second), begins_(1) {
  for (int length = first.min; length <= first.max; ++length) {
    begins_.push_back(begins_.back() + CountUpTo(length, second.max));
  }
}

int64_t BitwiseOrProblems::CountUpTo(int length, int longest) const {
  // The sum of min(length, j) over j = second.min, ..., longest.
  const auto triangle = [](int64_t n) { return n * (n + 1) / 2; };
  const int64_t below = std::clamp<int64_t>(longest, second_.min - 1, std::max(length, second_.min - 1));
  const int64_t sum = triangle(below) - triangle(second_.min - 1);
  return sum + (longest - below) * length;
}

std::string BitwiseOrProblems::Line(int64_t index, bool first) const {
  const auto row = std::upper_bound(begins_.begin(), begins_.end(), index) - begins_.begin() - 1;
  const int a = first_.min + static_cast<int>(row);
  const int64_t rest = index - begins_[row];
  int low = second_.min, high = second_.max;  // the shortest second length whose problems include `rest`
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (CountUpTo(a, middle) > rest) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const int b = low;
  const int64_t t = rest - CountUpTo(a, b - 1);
  std::string one(a, '0'), two(b, '0'), answer(std::max(a, b), '0');
  (a < b || (a == b && first) ? one : two)[t] = '1';
  answer[t] = '1';
  return absl::StrCat(one, "+", two, "=", answer);
}

}  // namespace tally

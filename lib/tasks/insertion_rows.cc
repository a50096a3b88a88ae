#include "lib/tasks/insertion_rows.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tally {
namespace {

// Appends how `number` compares with `other`, which stands at `label`; true where it is less.
bool AppendComparison(absl::string_view number, absl::string_view other, absl::string_view label, std::string* rows) {
  absl::StrAppend(rows, label, ":");
  const auto digit = [](absl::string_view digits, size_t n) { return n < digits.size() ? digits[n] : '0'; };
  for (size_t n = std::max(number.size(), other.size()); n-- > 0;) {
    const char own = digit(number, n), others = digit(other, n);
    const char order = own < others ? '<' : own > others ? '>' : '=';
    rows->push_back(own);
    rows->push_back(order);
    if (order != '=') return order == '<';
  }
  return false;
}

// What OracleInsertionRows has sorted so far: numbers with their highest digit first, and leading zeros, each with its
// place in the line. Equal ones keep the order of the line.
using Sorted = std::multimap<std::string, size_t>;

// The same comparison of `key` with `other`, of the `digits` lowest.
std::string OracleComparison(const std::string& key, const std::string& other, size_t digits) {
  const std::string own = key.substr(key.size() - digits), others = other.substr(other.size() - digits);
  const size_t equal = std::mismatch(own.begin(), own.end(), others.begin()).first - own.begin();
  std::string text;
  for (size_t n = 0; n < equal; ++n) absl::StrAppend(&text, own.substr(n, 1), "=");
  if (equal < digits) absl::StrAppend(&text, own.substr(equal, 1), own < others ? "<" : ">");
  return text;
}

}  // namespace

std::string InsertionRows(const OperandViews& numbers, const OperandViews& labels) {
  std::string rows;
  std::vector<size_t> sorted;  // the numbers so far, in order
  for (size_t m = 0; m < numbers.size(); ++m) {
    absl::StrAppend(&rows, "/", labels[m]);
    auto next = sorted.begin();
    while (next != sorted.end() && !AppendComparison(numbers[m], numbers[*next], labels[*next], &rows)) ++next;
    if (next == sorted.end()) rows.push_back('<');
    for (next = sorted.insert(next, m); next != sorted.end(); ++next) absl::StrAppend(&rows, labels[*next]);
    rows.push_back(';');
  }
  return absl::StrCat(rows, "/=");
}

std::string OracleInsertionRows(const OperandViews& numbers, const OperandViews& labels) {
  size_t longest = 0;
  for (const absl::string_view number : numbers) longest = std::max(longest, number.size());
  std::string rows;
  Sorted sorted;
  for (size_t m = 0; m < numbers.size(); ++m) {
    const std::string key =
        std::string(longest - numbers[m].size(), '0') + std::string(numbers[m].rbegin(), numbers[m].rend());
    const auto greater = sorted.upper_bound(key);
    absl::StrAppend(&rows, "/", labels[m]);
    for (auto other = sorted.begin(); other != (greater == sorted.end() ? greater : std::next(greater)); ++other) {
      const size_t digits = std::max(numbers[m].size(), numbers[other->second].size());
      absl::StrAppend(&rows, labels[other->second], ":", OracleComparison(key, other->first, digits));
    }
    absl::StrAppend(&rows, greater == sorted.end() ? "<" : "", labels[m]);
    for (auto other = greater; other != sorted.end(); ++other) absl::StrAppend(&rows, labels[other->second]);
    rows.push_back(';');
    sorted.emplace_hint(greater, key, m);
  }
  return absl::StrCat(rows, "/=");
}

absl::string_view AfterRows(absl::string_view answer) { return answer.substr(answer.rfind('=') + 1); }

}  // namespace tally

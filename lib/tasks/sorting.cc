#include "lib/tasks/sorting.h"

#include <algorithm>
#include <numeric>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/digits.h"
#include "lib/tasks/index_hints.h"

namespace tally {
namespace {

// Reads a line from left to right.
class SortingReader {
 public:
  SortingReader(absl::string_view line, bool hints, std::string* room) : line_(line), hints_(hints), room_(room) {
    room_->clear();
    room_->reserve(line.size());  // so that views into it stay
  }

  absl::StatusOr<ParsedProblem> Read() {
    ParsedProblem problem;
    do {
      TALLY_ASSIGN_OR_RETURN(const absl::string_view label, Label());
      problem.labels.push_back(label);
      if (!Take(':')) return Unexpected("':' after a label");
      TALLY_ASSIGN_OR_RETURN(const absl::string_view number, Number());
      problem.operands.push_back(number);
    } while (Take(','));
    if (!Take('=')) return Unexpected("a digit, ',' or '='");
    problem.answer = line_.substr(at_);
    if (at_ == line_.size()) return problem;
    do {
      TALLY_RETURN_IF_ERROR(Label().status());
    } while (Take(','));
    if (at_ < line_.size()) return Unexpected("',' or the end of the line");
    return problem;
  }

 private:
  absl::Status Unexpected(absl::string_view expected) const {
    const std::string found = at_ < line_.size() ? absl::StrCat("\"", line_.substr(at_, 1), "\"") : "the end";
    return BadInputError(absl::StrCat("byte ", at_ + 1, ": found ", found, ", expected ", expected));
  }

  bool Take(char c) {
    if (at_ == line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }

  absl::StatusOr<absl::string_view> Label() {
    size_t bytes = 1;
    if (HintAt(line_.substr(at_), &bytes) < 0) return Unexpected("a label");
    at_ += bytes;
    return line_.substr(at_ - bytes, bytes);
  }

  bool AtDigit(size_t at) const { return at < line_.size() && absl::ascii_isdigit(line_[at]); }

  absl::StatusOr<absl::string_view> Number() {
    const size_t begin = at_, room_begin = room_->size();
    if (!hints_) {
      while (AtDigit(at_)) ++at_;
      if (at_ == begin) return Unexpected("a digit");
      return line_.substr(begin, at_ - begin);
    }
    size_t bytes = 1;
    for (int hint; (hint = HintAt(line_.substr(at_), &bytes)) >= 0 && AtDigit(at_ + bytes); at_ += bytes + 1) {
      const auto index = static_cast<int>(room_->size() - room_begin);
      if (first_hint_ < 0) first_hint_ = hint;
      if (hint != (first_hint_ + index) % kHints) {
        return Unexpected(absl::StrCat("the hint ", HintText(first_hint_ + index)));
      }
      room_->push_back(line_[at_ + bytes]);
    }
    if (room_->size() == room_begin) return Unexpected("a hint and a digit");
    return absl::string_view(*room_).substr(room_begin);
  }

  const absl::string_view line_;
  const bool hints_;
  std::string* const room_;
  size_t at_ = 0;
  int first_hint_ = -1;
};

// Appends the labels in rising order of numbers, which are given least significant digit first.
template <typename Numbers, typename Labels>
void AppendSorted(const Numbers& numbers, const Labels& labels, std::string* line) {
  absl::InlinedVector<uint32_t, 32> order(numbers.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const int difference = CompareDigits(numbers[a], numbers[b]);
    return difference != 0 ? difference < 0 : a < b;
  });
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0) line->push_back(',');
    line->append(labels[order[i]].data(), labels[order[i]].size());
  }
}

}  // namespace

absl::StatusOr<ParsedProblem> ParseSorting(absl::string_view line, bool hints, std::string* room) {
  return SortingReader(line, hints, room).Read();
}

std::string SortedLabels(const ParsedProblem& problem, bool reversed) {
  std::string sorted;
  if (reversed) {
    AppendSorted(problem.operands, problem.labels, &sorted);
    return sorted;
  }
  std::vector<std::string> numbers;
  for (const absl::string_view number : problem.operands) numbers.emplace_back(number.rbegin(), number.rend());
  AppendSorted(numbers, problem.labels, &sorted);
  return sorted;
}

void RenderSorting(const std::vector<std::string>& numbers, bool reversed, int64_t label, int64_t hint,
                   std::string* line) {
  absl::InlinedVector<absl::string_view, 32> labels;
  line->clear();
  for (size_t i = 0; i < numbers.size(); ++i) {
    labels.push_back(HintText(label + static_cast<int64_t>(i)));
    if (i > 0) line->push_back(',');
    line->append(labels[i].data(), labels[i].size());
    line->push_back(':');
    if (hint >= 0) {
      line->append(WithHints(reversed ? numbers[i] : std::string(numbers[i].rbegin(), numbers[i].rend()), hint));
    } else if (reversed) {
      line->append(numbers[i]);
    } else {
      line->append(numbers[i].rbegin(), numbers[i].rend());
    }
  }
  line->push_back('=');
  AppendSorted(numbers, labels, line);
}

}  // namespace tally

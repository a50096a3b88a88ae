// Labels in rising order of their numbers: `A:41,B:7,C:102=B,A,C`. Labels are single characters, a cyclic run of the
// 102 of layouts.h, among them `,` and `:`; with random_labels any of these, each once. A model that has seen runs of
// 10 need not tell a label from the 12th after it. With a scratchpad, least significant digits first, the answer begins
// with the rows of an insertion sort (insertion_rows.h), and labels are letters.
//
// A sample draws, in this order: how many numbers, and their most digits (lengths.h; the number of numbers changes
// slowest, as in the reference), for each number its length and digits, and, after what the sampler draws, the first
// label, the hints' start, and random labels.
#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/insertion_rows.h"
#include "lib/tasks/insertion_sort.h"
#include "lib/tasks/operands/digits.h"
#include "lib/tasks/operands/layouts.h"
#include "lib/tasks/operands/line_grammar.h"
#include "lib/tasks/task.h"

namespace tally {
namespace {

constexpr absl::string_view kRandomLabels = "random_labels";

// Reads a line from left to right.
class SortingReader {
 public:
  SortingReader(absl::string_view line, const LineFormat& format, std::string* room)
      : line_(line), hints_(format.index_hints), rows_(format.scratchpad), room_(room) {
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
    if (rows_) {
      TALLY_RETURN_IF_ERROR(SkipRows());
    }
    do {
      TALLY_RETURN_IF_ERROR(Label().status());
    } while (Take(','));
    if (at_ < line_.size()) return Unexpected("',' or the end of the line");
    return problem;
  }

 private:
  absl::Status Unexpected(absl::string_view expected) const { return UnexpectedByte(line_, at_, expected); }

  // Rows of any content, up to the result.
  absl::Status SkipRows() {
    const size_t result = line_.size() - AfterRows(line_).size();
    for (; at_ < result; ++at_) {
      const char c = line_[at_];
      if (!absl::ascii_isalnum(c) && !absl::StrContains("/:<=>;", c)) return Unexpected("rows of a scratchpad");
    }
    return absl::OkStatus();
  }

  bool Take(char c) {
    if (at_ == line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }

  absl::StatusOr<absl::string_view> Label() {
    size_t bytes = 1;
    const int label = HintAt(line_.substr(at_), &bytes);
    if (label < 0) return Unexpected("a label");
    if (rows_ && label >= kRowLabels) return Unexpected("a label that is a letter");
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
  const bool hints_, rows_;
  std::string* const room_;
  size_t at_ = 0;
  int first_hint_ = -1;
};

// Appends the labels in rising order of numbers, which are given least significant digit first.
template <typename Numbers, typename Labels>
void AppendSorted(const Numbers& numbers, const Labels& labels, std::string* line) {
  const auto order = RankNumbers(numbers, numbers.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0) line->push_back(',');
    line->append(labels[order[i]].data(), labels[order[i]].size());
  }
}

// How many labels a line may have.
int64_t Labels(const LineFormat& format) { return format.scratchpad ? kRowLabels : kHints; }

// `count` labels at least, counted from `first`, of `all`, each once, in any order (the beginning of a shuffle by
// Fisher and Yates).
std::vector<int64_t> RandomLabels(int64_t first, int64_t all, size_t count, Random* random) {
  std::vector<int64_t> labels(all);
  std::iota(labels.begin(), labels.end(), first);
  for (size_t i = 0; i < count; ++i) std::swap(labels[i], labels[i + random->Below(labels.size() - i)]);
  return labels;
}

// `text` the other way round.
std::string Reversed(absl::string_view text) { return std::string(text.rbegin(), text.rend()); }

// Appends a number that is given least significant digit first; with a `hint` of 0 or more, hints from this one on.
void AppendNumber(const std::string& number, bool reversed, int64_t hint, std::string* line) {
  if (hint >= 0) {
    line->append(WithHints(reversed ? number : Reversed(number), hint));
  } else if (reversed) {
    line->append(number);
  } else {
    line->append(number.rbegin(), number.rend());
  }
}

class Sorting : public Task {
 public:
  Sorting() {
    grid_.first_axis = "digits of the longest number";
    grid_.second_axis = grid_.second_unit = "numbers in the array";
    grid_.second_noun = "numbers";
    grid_.equal_lengths = "digits, and numbers in the array";
    grid_.longest_length = "digits or numbers in the array, the more";
    grid_.side = "length";
    grid_.length_unit = "digits or numbers";
    grid_.operands = 0;
    grid_.first_element = true;
    grid_.command = "sort_eval";
    grid_.first_flag = "digits";
    grid_.second_flag = "lengths";
    grid_.has_grid_flag = false;
  }

  absl::string_view name() const override { return "sorting"; }
  char SeparatorBefore(size_t /*operand*/) const override { return ','; }
  OptionSet options() const override {
    return kHasIndexHints | kHasKeepZero | kHasAdversarial | kHasSplit | kHasScratchpad;
  }
  const TaskGrid& grid() const override { return grid_; }

  absl::Span<const TaskParameter> parameters() const override {
    static constexpr TaskParameter kAll[] = {
        {kRandomLabels, 0, 0, 1, "1: a line's labels are any, in any order; 0: they follow each other"}};
    return kAll;
  }

  absl::Status CheckFormat(const LineFormat& format) const override {
    return RefuseIf(format.scratchpad && format.order != DigitOrder::kAllReversed,
                    "a scratchpad is written least significant digit first; expected --reverse=all");
  }

  absl::Status CheckDraw(const LineFormat& format, const DrawOptions& options) const override {
    return CheckNumbers(format, options.second.max);
  }

  int ShortestOperand(const DrawOptions& /*options*/) const override { return 1; }

  void Draw(const DrawOptions& options, const LineFormat& /*format*/, const SampleIndex& sample, Random* random,
            std::vector<std::string>* numbers) const override {
    const bool leave_grid = sample.again && options.lengths.kind == LengthDistribution::kBucket;
    const LengthDistribution uniform = {LengthDistribution::kUniform, {}};
    const Lengths lengths =
        ChooseLengths(leave_grid ? uniform : options.lengths, options.second, options.first, sample.index, random);
    numbers->resize(lengths.first);
    for (std::string& number : *numbers) {
      DrawNumber(1 + static_cast<int>(random->Below(lengths.second)), options.keep_zero, random, &number);
    }
  }

  // Numbers that differ in one digit: all are the longest one, and in each a digit is drawn anew.
  void MakeAdversarial(const DrawOptions& /*options*/, Random* random,
                       std::vector<std::string>* numbers) const override {
    const std::string longest = *std::max_element(numbers->begin(), numbers->end(),
                                                  [](const auto& a, const auto& b) { return a.size() < b.size(); });
    for (std::string& number : *numbers) {
      number = longest;
      const size_t at = random->Below(number.size());
      const int least = at + 1 == number.size() && number[at] != '0' ? 1 : 0;
      number[at] = static_cast<char>('0' + least + random->Below(10 - least));
    }
  }

  void Render(const std::vector<std::string>& numbers, const LineFormat& format, Random* random,
              std::string* line) const override {
    const bool reversed = OperandsAreReversed(format.order);
    const int64_t all = Labels(format);
    const auto first = static_cast<int64_t>(random->Below(all));
    const int64_t hint = format.index_hints ? static_cast<int64_t>(random->Below(kHints)) : -1;
    std::vector<int64_t> drawn;
    if (ParameterOf(format, kRandomLabels) != 0) drawn = RandomLabels(first, all, numbers.size(), random);
    absl::InlinedVector<absl::string_view, 32> labels;
    line->clear();
    for (size_t i = 0; i < numbers.size(); ++i) {
      labels.push_back(HintText((drawn.empty() ? first + static_cast<int64_t>(i) : drawn[i]) % all));
      if (i > 0) line->push_back(',');
      line->append(labels[i].data(), labels[i].size());
      line->push_back(':');
      AppendNumber(numbers[i], reversed, hint, line);
    }
    line->push_back('=');
    if (format.scratchpad)
      line->append(InsertionRows({numbers.begin(), numbers.end()}, {labels.begin(), labels.end()}));
    AppendSorted(numbers, labels, line);
  }

  absl::StatusOr<ParsedProblem> Parse(absl::string_view line, const LineFormat& format,
                                      std::string* room) const override {
    return SortingReader(line, format, room).Read();
  }

  std::vector<std::string> DrawnOperands(const ParsedProblem& problem, const LineFormat& format) const override {
    std::vector<std::string> numbers;
    for (const absl::string_view number : problem.operands) {
      numbers.push_back(OperandsAreReversed(format.order) ? std::string(number) : Reversed(number));
    }
    return numbers;
  }

  // Digits of the longest number, and how many numbers there are.
  ProblemSize Size(const ParsedProblem& problem) const override {
    ProblemSize size;
    for (const absl::string_view number : problem.operands) size.first = std::max<int64_t>(size.first, number.size());
    size.second = static_cast<int64_t>(problem.operands.size());
    return size;
  }

  // Equal numbers have their labels in order of the line.
  std::string Answer(const ParsedProblem& problem, const LineFormat& format) const override {
    std::string answer;
    if (format.scratchpad) answer = InsertionRows(problem.operands, problem.labels);
    AppendSorted(DrawnOperands(problem, format), problem.labels, &answer);
    return answer;
  }

  std::string Result(absl::string_view answer, const LineFormat& format) const override {
    return std::string(format.scratchpad ? AfterRows(answer) : answer);
  }

  // The answer's labels have no hints.
  std::string HintedLine(const ParsedProblem& problem, const LineFormat& /*format*/, absl::string_view answer,
                         int64_t start) const override {
    std::string line;
    for (size_t i = 0; i < problem.operands.size(); ++i) {
      absl::StrAppend(&line, i > 0 ? "," : "", problem.labels[i], ":", WithHints(problem.operands[i], start));
    }
    return absl::StrCat(line, "=", answer);
  }

  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& format) const override {
    std::multimap<std::string, absl::string_view> by_value;  // equal keys keep the order of the line
    const auto longest = static_cast<size_t>(Size(problem).first);
    for (size_t i = 0; i < problem.operands.size(); ++i) {
      const absl::string_view number = problem.operands[i];
      const std::string digits = OperandsAreReversed(format.order) ? Reversed(number) : std::string(number);
      by_value.emplace(std::string(longest - digits.size(), '0') + digits, problem.labels[i]);
    }
    const std::string rows = format.scratchpad ? OracleInsertionRows(problem.operands, problem.labels) : "";
    return rows + absl::StrJoin(by_value, ",", [](std::string* out, const auto& entry) {
             out->append(entry.second.data(), entry.second.size());
           });
  }

  absl::Span<const StateVariable> state(const LineFormat& format) const override {
    const bool has = OperandsAreReversed(format.order) && !format.index_hints && !format.scratchpad;
    return has ? InsertionSortVariables() : absl::Span<const StateVariable>();
  }

  void StateAfter(const ParsedProblem& problem, const LineFormat& /*format*/, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    InsertionSortState(problem, recurrences, out);
  }

  absl::string_view VocabularyName(const LineFormat& /*format*/) const override { return "sort"; }

  absl::Status CheckCell(const LineFormat& format, const CellLengths& cell) const override {
    return CheckNumbers(format, cell.second);
  }

  // Label, colon and comma for each number, and label and comma again in the answer.
  int64_t LineTokens(const CellLengths& cell) const override { return cell.second * (cell.first + 5); }

 private:
  static absl::Status CheckNumbers(const LineFormat& format, int64_t numbers) {
    return RefuseIf(numbers > Labels(format), absl::StrCat("found ", numbers, " numbers to sort, expected at most ",
                                                           Labels(format), ": there are no more labels"));
  }

  TaskGrid grid_;
};

}  // namespace

const Task& SortingTask() {
  static const Task& task = *new Sorting();
  return task;
}

}  // namespace tally

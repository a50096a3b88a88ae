// The position task of the reference: the bitwise OR of a one-hot vector and a zero vector, `00100+000=00100`, bits
// counted from the left. Its problems are counted: for each pair of lengths (the first changes slowest) and each
// position t below the shorter length, the shorter vector is one-hot at t and the longer all zeros.
#include <algorithm>

#include "absl/numeric/int128.h"
#include "lib/tasks/strings/string_task.h"

namespace tally {
namespace {

template <typename Integer>
Integer Triangle(Integer n) {
  return n * (n + 1) / 2;
}

// The sum of min(a, b) over a = 1, ..., m and b = 1, ..., n.
template <typename Integer>
Integer SumOfShorter(Integer m, Integer n) {
  if (m > n) std::swap(m, n);
  // Row a <= n holds 1, ..., a, and then a for each b beyond it.
  const Integer squares = Triangle(m) * (2 * m + 1) / 3;
  return (Triangle(m) - squares) / 2 + Triangle(m) * n;
}

// Problems with a first vector of `length` and a second of `second.min`, ..., `longest`.
int64_t CountUpTo(int length, const LengthRange& second, int longest) {
  const int64_t below = std::clamp<int64_t>(longest, second.min - 1, std::max(length, second.min - 1));
  return Triangle(below) - Triangle<int64_t>(second.min - 1) + (longest - below) * length;
}

template <typename Integer>
Integer ExactCountBelow(int length, const LengthRange& first, const LengthRange& second) {
  const auto sum = [](int m, int n) { return SumOfShorter<Integer>(m, n); };
  return sum(length - 1, second.max) - sum(first.min - 1, second.max) - sum(length - 1, second.min - 1) +
         sum(first.min - 1, second.min - 1);
}

// Problems whose first vector is shorter than `length`, at most Task::kUnlimited.
int64_t CountBelow(int length, const LengthRange& first, const LengthRange& second) {
  constexpr int kCubesFit = 1 << 20;  // 64 bits, where dividing is one instruction
  if (std::max({length, first.max, second.max}) < kCubesFit) return ExactCountBelow<int64_t>(length, first, second);
  const auto count = ExactCountBelow<absl::int128>(length, first, second);
  return static_cast<int64_t>(std::min(count, absl::int128(Task::kUnlimited)));
}

// The first of low, ..., high for which `holds` is true, as it is for `high` and stays once it is.
template <typename Holds>
int FirstFor(int low, int high, Holds holds) {
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (holds(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

class BitwiseOr : public StringTask {
 public:
  BitwiseOr() : StringTask({.separators = "+", .last_digit = '1'}, kHasSpaces) {}

  absl::string_view name() const override { return "bitwise_or"; }

  int64_t Population(const DrawOptions& options) const override {
    return CountBelow(options.first.max + 1, options.first, options.second);
  }

  // Problem `index`. Of equal lengths a coin says which vector is one-hot.
  void Draw(const DrawOptions& options, const LineFormat& /*format*/, const SampleIndex& sample, Random* random,
            std::vector<std::string>* operands) const override {
    const LengthRange &first = options.first, &second = options.second;
    const auto index = static_cast<int64_t>(sample.index);
    const int a = FirstFor(first.min, first.max, [&](int n) { return CountBelow(n + 1, first, second) > index; });
    const int64_t rest = index - CountBelow(a, first, second);
    const int b = FirstFor(second.min, second.max, [&](int n) { return CountUpTo(a, second, n) > rest; });
    const int64_t t = rest - CountUpTo(a, second, b - 1);
    operands->resize(2);
    (*operands)[0].assign(a, '0');
    (*operands)[1].assign(b, '0');
    const bool coin = random->Below(2) == 1;
    (*operands)[a < b || (a == b && coin) ? 0 : 1][t] = '1';
  }

  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& /*format*/) const override {
    const absl::string_view a = problem.operands[0], b = problem.operands[1];
    std::string answer;
    for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      const bool one = (i < a.size() && a[i] == '1') || (i < b.size() && b[i] == '1');
      answer.push_back(one ? '1' : '0');
    }
    return answer;
  }

  absl::string_view VocabularyName(const LineFormat& /*format*/) const override { return "pad"; }

  // That of two numbers, which strings override.
  const TaskGrid& grid() const override { return Task::grid(); }  // NOLINT(bugprone-parent-virtual-call)

  int64_t LineTokens(const CellLengths& cell) const override {
    return cell.first + 1 + cell.second + 1 + std::max(cell.first, cell.second) + 1;
  }

 private:
  bool HasEqualLengths() const override { return false; }

  // The shorter operand counts as 0 beyond its end.
  std::string AnswerOf(const OperandViews& operands, const LineFormat& /*format*/) const override {
    absl::string_view a = operands[0], b = operands[1];
    if (a.size() < b.size()) std::swap(a, b);
    std::string answer(a);
    for (size_t i = 0; i < b.size(); ++i) answer[i] = std::max(a[i], b[i]);
    return answer;
  }
};

}  // namespace

const Task& BitwiseOrTask() {
  static const Task& task = *new BitwiseOr();
  return task;
}

}  // namespace tally

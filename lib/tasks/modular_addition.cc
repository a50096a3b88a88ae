// The remainder of a sum: `12+45%7=1`. The modulus is an option, the same in all lines of a data set, and is written in
// each; the digit order is that of all numbers.
#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/number_task.h"

namespace tally {
namespace {

constexpr char kModulus[] = "modulus";

std::string LeastFirst(int64_t value) {
  const std::string text = absl::StrCat(value);
  return std::string(text.rbegin(), text.rend());
}

// The number with these digits, least significant first, modulo `modulus`, which is at most 10^18; numbers of more
// than 17 digits need one below 9 * 10^17, so that nothing overflows.
int64_t ValueOf(absl::string_view digits, int64_t modulus) {
  int64_t value = 0;
  for (size_t i = digits.size(); i-- > 0;) value = (value * 10 + digits[i] - '0') % modulus;
  return value;
}

// What a model may keep of sums by each modulus up to the largest that StateAfter's bytes hold.
constexpr int64_t kMostKept = 256;

std::vector<std::array<StateVariable, 3>> StatesOfModuli() {
  std::vector<std::array<StateVariable, 3>> states;
  for (int64_t m = 0; m <= kMostKept; ++m) states.push_back({{{"first", m}, {"second", m}, {"sum", m}}});
  return states;
}

class ModularAddition : public NumberTask {
 public:
  ModularAddition()
      : NumberTask({.separators = "+%", .least_operands = 3, .most_operands = 3},
                   kNumberOptions & ~(kHasInterleaving | kHasIndexHints | kHasPrependedZeros)) {}

  absl::string_view name() const override { return "modular_addition"; }

  absl::Span<const TaskParameter> parameters() const override {
    static constexpr TaskParameter kAll[] = {{kModulus, 7, 2, 1'000'000, "what sums are divided by"}};
    return kAll;
  }

  // The two numbers of a sum, and the modulus.
  void Draw(const DrawOptions& options, const LineFormat& format, const SampleIndex& sample, Random* random,
            std::vector<std::string>* operands) const override {
    NumberTask::Draw(options, format, sample, random, operands);
    operands->push_back(LeastFirst(ParameterOf(format, kModulus)));
  }

  // That of the sum: no modulus brings a problem to the other side of a split.
  std::string Key(const std::vector<std::string>& operands) const override {
    return NumberTask::Key({operands[0], operands[1]});
  }

  absl::StatusOr<ParsedProblem> Parse(absl::string_view line, const LineFormat& format,
                                      std::string* room) const override {
    TALLY_ASSIGN_OR_RETURN(ParsedProblem problem, NumberTask::Parse(line, format, room));
    const std::string modulus = DrawnOperands(problem, format)[2], expected = LeastFirst(ParameterOf(format, kModulus));
    if (modulus == expected) return problem;
    return BadInputError(absl::StrCat("found the modulus ", Shortened(problem.operands[2]), ", expected ",
                                      ParameterOf(format, kModulus), " (--modulus; digits as in --reverse)"));
  }

  ProblemSize Size(const ParsedProblem& problem) const override {
    return {static_cast<int64_t>(problem.operands[0].size()), static_cast<int64_t>(problem.operands[1].size())};
  }

  // Of the two numbers.
  std::vector<ProblemMeasure> Measures(const ParsedProblem& problem, const LineFormat& format) const override {
    ParsedProblem sum = problem;
    sum.operands.pop_back();
    return NumberTask::Measures(sum, format);
  }

  absl::string_view VocabularyName(const LineFormat& /*format*/) const override { return "tasks"; }

  // The remainders of the first digits of either number, in plain order, one more a recurrence, and of their sum one
  // recurrence later. Of moduli that a byte holds.
  absl::Span<const StateVariable> state(const LineFormat& format) const override {
    static const auto& all = *new std::vector<std::array<StateVariable, 3>>(StatesOfModuli());
    const int64_t modulus = ParameterOf(format, kModulus);
    if (format.order != DigitOrder::kPlain || modulus > kMostKept) return {};
    return all[modulus];
  }

  void StateAfter(const ParsedProblem& problem, const LineFormat& format, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    const int64_t modulus = ParameterOf(format, kModulus);
    const auto remainder = [&](size_t operand, int64_t digits) {
      const absl::string_view first = problem.operands[operand].substr(0, std::max<int64_t>(digits, 0));
      return ValueOf(std::string(first.rbegin(), first.rend()), modulus);
    };
    const int64_t sum = remainder(0, recurrences - 1) + remainder(1, recurrences - 1);
    const int64_t values[] = {remainder(0, recurrences), remainder(1, recurrences), sum % modulus};
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(values[i % 3]);
  }

 private:
  bool IsCommutative() const override { return true; }

  void Compute(const OperandViews& operands, bool* /*negative*/, std::string* text) const override {
    constexpr int64_t kNone = 1'000'000'000'000'000'000;
    const int64_t modulus = ValueOf(operands[2], kNone);
    text->append(LeastFirst((ValueOf(operands[0], modulus) + ValueOf(operands[1], modulus)) % modulus));
  }

  void ComputeByGmp(const OperandViews& operands, BigInteger* result) const override {
    BigInteger sum(operands[0]);
    sum.Add(BigInteger(operands[1]));
    result->SetRemainder(sum, BigInteger(operands[2]));
  }

  // The modulus, which is in the line behind a separator, and a remainder.
  int64_t AnswerDigits(const CellLengths& /*cell*/) const override { return 1 + 7 + 6; }
};

}  // namespace

const Task& ModularAdditionTask() {
  static const Task& task = *new ModularAddition();
  return task;
}

}  // namespace tally

// Tasks whose operands are numbers: lines such as `12+45=57` in any digit order, with interleaving, index hints and
// zeros in front. A task of this kind says how its answer is computed.
#ifndef TALLY_LIB_TASKS_NUMBER_TASK_H_
#define TALLY_LIB_TASKS_NUMBER_TASK_H_

#include <string>
#include <vector>

#include "lib/tasks/operands/big_integer.h"
#include "lib/tasks/operands/line_grammar.h"
#include "lib/tasks/task.h"

namespace tally {

class NumberTask : public Task {
 public:
  char SeparatorBefore(size_t operand) const override { return grammar_.SeparatorBefore(operand); }
  OptionSet options() const override { return options_; }
  absl::Status CheckFormat(const LineFormat& format) const override;

  // Two operands or more with lengths of their own, digits as `options` say (operands/digits.h).
  void Draw(const DrawOptions& options, const LineFormat& format, const SampleIndex& sample, Random* random,
            std::vector<std::string>* operands) const override;

  // Long carries (MakeCarryChain).
  void MakeAdversarial(const DrawOptions& options, Random* random, std::vector<std::string>* operands) const override;

  // Values, whose zeros in front do not count, in either order where the task is commutative.
  std::string Key(const std::vector<std::string>& operands) const override;

  void Render(const std::vector<std::string>& drawn, const LineFormat& format, Random* random,
              std::string* line) const override;
  absl::StatusOr<ParsedProblem> Parse(absl::string_view line, const LineFormat& format,
                                      std::string* room) const override;
  std::vector<std::string> DrawnOperands(const ParsedProblem& problem, const LineFormat& format) const override;
  std::string HintedLine(const ParsedProblem& problem, const LineFormat& format, absl::string_view answer,
                         int64_t start) const final;
  std::string Answer(const ParsedProblem& problem, const LineFormat& format) const override;
  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& format) const override;

  // "index" with hints, else "pad".
  absl::string_view VocabularyName(const LineFormat& format) const override;
  int64_t LineTokens(const CellLengths& cell) const override;

  // Adds overlapping_digits, the weights at which two operands or more have a digit.
  std::vector<ProblemMeasure> Measures(const ParsedProblem& problem, const LineFormat& format) const override;

 protected:
  // The options that all of these tasks have.
  static constexpr OptionSet kNumberOptions = kHasInterleaving | kHasIndexHints | kHasSpaces | kHasPrependedZeros |
                                              kHasPlainLengths | kHasKeepZero | kHasEqualLengths | kHasCarryChains |
                                              kHasAdversarial | kHasSplit | kHasGrowth | kHasExtremeDigits;

  NumberTask(const LineGrammar& grammar, OptionSet options) : grammar_(grammar), options_(options) {}

  // Whether digits of equal weight stand in equal places of operands and answer, and nothing stands beside them: lines
  // whose digits a loop can count through.
  static bool IsBareAndReversed(const LineFormat& format);

  // Appends the absolute value of the result to `*text`, least significant digit first, without zeros in front;
  // `*negative` is false before and says whether it is below zero. Operands have their least significant digit first,
  // here and below.
  virtual void Compute(const OperandViews& operands, bool* negative, std::string* text) const = 0;

  // The same by GMP.
  virtual void ComputeByGmp(const OperandViews& operands, BigInteger* result) const = 0;

  virtual bool IsCommutative() const { return false; }
  virtual bool MayBeNegative() const { return false; }

  // The answer with kHasScratchpad: partial results with '+' between them; and found in another way.
  virtual std::string Scratchpad(const OperandViews& operands) const;
  virtual std::string OracleScratchpad(const OperandViews& operands) const;

  // What the task adds to Measures, of operands least significant digit first.
  virtual std::vector<ProblemMeasure> OwnMeasures(const OperandViews& operands) const;

  // Most digits of an answer.
  virtual int64_t AnswerDigits(const CellLengths& cell) const;

 private:
  void AppendAnswer(const OperandViews& operands, const LineFormat& format, std::string* text) const;

  // Appends the line of operands as written up to its `=`, without hints.
  void AppendPrompt(const std::vector<std::string>& operands, const LineFormat& format, std::string* line) const;
  absl::Status CheckAnswerSyntax(absl::string_view line, size_t begin, const LineFormat& format) const;
  absl::StatusOr<absl::string_view> Standardise(absl::string_view line, const LineFormat& format,
                                                std::string* room) const;
  absl::StatusOr<std::string> Separate(absl::string_view line, const LineFormat& format) const;

  const LineGrammar grammar_;
  const OptionSet options_;
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_NUMBER_TASK_H_

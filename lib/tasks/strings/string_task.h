// Tasks whose operands are strings of digits, mostly bits, read from the left: `0110&0011=0010`, `@123=123`. A task of
// this kind says what the answer is. Digit order, hints and zeros mean nothing here and are refused or ignored.
#ifndef TALLY_LIB_TASKS_STRINGS_STRING_TASK_H_
#define TALLY_LIB_TASKS_STRINGS_STRING_TASK_H_

#include <string>
#include <vector>

#include "lib/tasks/operands/line_grammar.h"
#include "lib/tasks/task.h"

namespace tally {

class StringTask : public Task {
 public:
  char SeparatorBefore(size_t operand) const override { return grammar_.SeparatorBefore(operand); }
  OptionSet options() const override { return options_; }

  // As many operands as the grammar has, all of the first length, digits uniform.
  void Draw(const DrawOptions& options, const LineFormat& format, const SampleIndex& sample, Random* random,
            std::vector<std::string>* operands) const override;

  // One digit, over and over, in all operands: nothing but its place tells it from its neighbours.
  void MakeAdversarial(const DrawOptions& options, Random* random, std::vector<std::string>* operands) const override;

  void Render(const std::vector<std::string>& operands, const LineFormat& format, Random* random,
              std::string* line) const override;
  absl::StatusOr<ParsedProblem> Parse(absl::string_view line, const LineFormat& format,
                                      std::string* room) const override;
  std::vector<std::string> DrawnOperands(const ParsedProblem& problem, const LineFormat& format) const override;
  std::string Answer(const ParsedProblem& problem, const LineFormat& format) const override;

  // "tasks".
  absl::string_view VocabularyName(const LineFormat& format) const override;
  const TaskGrid& grid() const override { return grid_; }
  int64_t LineTokens(const CellLengths& cell) const override;

 protected:
  static constexpr OptionSet kStringOptions = kHasSpaces | kHasAdversarial | kHasSplit;

  StringTask(const LineGrammar& grammar, OptionSet options);

  virtual std::string AnswerOf(const OperandViews& operands, const LineFormat& format) const = 0;

  // All operands of a line have one length.
  virtual bool HasEqualLengths() const { return true; }

  // Most digits of an answer.
  virtual int64_t AnswerDigits(const CellLengths& cell) const { return cell.first; }

 private:
  const LineGrammar grammar_;
  const OptionSet options_;
  TaskGrid grid_;
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_STRINGS_STRING_TASK_H_

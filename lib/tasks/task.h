// What a task is: everything that Tally has to know about one kind of problem. A task is one file that implements this
// interface and one line of registry.cc; nothing else names it. Most tasks derive from NumberTask (number_task.h) or
// StringTask (string_task.h), which write and read lines of operands.
#ifndef TALLY_LIB_TASKS_TASK_H_
#define TALLY_LIB_TASKS_TASK_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/base/random.h"
#include "lib/tasks/draw_options.h"
#include "lib/tasks/line_format.h"
#include "lib/tasks/task_grid.h"

namespace tally {

// Options that some tasks have and others refuse; an OptionSet is a sum of them.
using OptionSet = uint32_t;
inline constexpr OptionSet kHasInterleaving = 1 << 0;
inline constexpr OptionSet kHasIndexHints = 1 << 1;
inline constexpr OptionSet kHasSpaces = 1 << 2;
inline constexpr OptionSet kHasPrependedZeros = 1 << 3;
inline constexpr OptionSet kHasScratchpad = 1 << 4;
inline constexpr OptionSet kHasManyOperands = 1 << 5;
inline constexpr OptionSet kHasPlainLengths = 1 << 6;
inline constexpr OptionSet kHasKeepZero = 1 << 7;
inline constexpr OptionSet kHasEqualLengths = 1 << 8;
inline constexpr OptionSet kHasChoiceOfCarries = 1 << 9;
inline constexpr OptionSet kHasCarryChains = 1 << 10;
inline constexpr OptionSet kHasAdversarial = 1 << 11;
inline constexpr OptionSet kHasSplit = 1 << 12;
inline constexpr OptionSet kHasGrowth = 1 << 13;
inline constexpr OptionSet kHasExtremeDigits = 1 << 14;
inline constexpr OptionSet kHasCommonDigits = 1 << 15;

// A whole number that one task alone has, such as a modulus: a flag of datagen and tokenize, kept with the data.
struct TaskParameter {
  absl::string_view name;
  int64_t usual;
  int64_t least;
  int64_t most;
  absl::string_view help;
};

// A number that a looped model may keep while it works, at each place where a token of the answer is predicted, with
// values 0, ..., values - 1 (lib/model/loop_state.h).
struct StateVariable {
  absl::string_view name;
  int64_t values;
};

// A property of a problem, beside its lengths, that may make it hard, such as longest_carry_run: 3.
struct ProblemMeasure {
  absl::string_view name;
  int64_t value;
};

// Which sample is drawn.
struct SampleIndex {
  uint64_t index = 0;
  bool again = false;  // the split refused many draws of it already: lengths may be others than those of the grid
};

// Thread-safe: tasks have no state.
class Task {
 public:
  virtual ~Task() = default;

  // As flags, data sets and results have it: "addition".
  virtual absl::string_view name() const = 0;

  // What stands before operand 1, 2, ...: '+'.
  virtual char SeparatorBefore(size_t operand) const = 0;

  // --- What can be chosen.

  virtual OptionSet options() const = 0;
  virtual absl::Span<const TaskParameter> parameters() const { return {}; }

  // UsageError for what does not go together although the task has each option of it.
  virtual absl::Status CheckFormat(const LineFormat& format) const;
  virtual absl::Status CheckDraw(const LineFormat& format, const DrawOptions& options) const;

  // Digits of the shortest operand that may be drawn.
  virtual int ShortestOperand(const DrawOptions& options) const;

  // --- Problems. Operands are strings as the task draws them; numbers have their least significant digit first.

  // How many problems there are, where they are counted: sample i < Population() is problem i, and none comes twice.
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();
  virtual int64_t Population(const DrawOptions& options) const;

  // Sets `*operands` to those of a sample: a pure function of what it is given, `random` included. Which numbers are
  // drawn, and in what order, is part of the data sets' format.
  virtual void Draw(const DrawOptions& options, const LineFormat& format, const SampleIndex& sample, Random* random,
                    std::vector<std::string>* operands) const = 0;

  // Makes drawn operands hard for a model that has learned the usual ones only; lengths stay. With kHasAdversarial.
  virtual void MakeAdversarial(const DrawOptions& options, Random* random, std::vector<std::string>* operands) const;

  // The same text for operands of the same problem, whatever its line looks like: decides the side of a split.
  virtual std::string Key(const std::vector<std::string>& operands) const;

  // --- Lines.

  // Sets `*line` to the line of drawn operands, its answer included, without random spaces and newline.
  virtual void Render(const std::vector<std::string>& operands, const LineFormat& format, Random* random,
                      std::string* line) const = 0;

  // Splits a line. BadInput says which byte (from 1) was found and what was expected, counted in the line without
  // spaces; the caller adds the line. `*room` is scratch that must outlive the result.
  virtual absl::StatusOr<ParsedProblem> Parse(absl::string_view line, const LineFormat& format,
                                              std::string* room) const = 0;

  // The operands of a parsed line as Draw gives them.
  virtual std::vector<std::string> DrawnOperands(const ParsedProblem& problem, const LineFormat& format) const = 0;

  virtual ProblemSize Size(const ParsedProblem& problem) const;

  // The exact answer as the line should have it, without hints and spaces; `problem.answer` is not read.
  virtual std::string Answer(const ParsedProblem& problem, const LineFormat& format) const = 0;

  // The same, found in another way (numbers by GMP, order and bits by the standard library): the judge of `datagen
  // check`, of tests, and of a model's answers in `predict --check`.
  virtual std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& format) const = 0;

  // With kHasIndexHints: the line that asks what `problem` does, whose own line has hints or not, with `answer`, as
  // Answer gives it, and with hints from number `start` on (operands/layouts.h). "" for other tasks.
  virtual std::string HintedLine(const ParsedProblem& problem, const LineFormat& format, absl::string_view answer,
                                 int64_t start) const;

  // The result that an answer with scratchpad, right or wrong, ends in; else the answer itself.
  virtual std::string Result(absl::string_view answer, const LineFormat& format) const;

  // --- What right answers and examples are counted by, beside lengths.

  // Always the same names in the same order. Every task has longest_repeated_digit, the longest run of one digit in an
  // operand; others are added behind it.
  virtual std::vector<ProblemMeasure> Measures(const ParsedProblem& problem, const LineFormat& format) const;

  // --- What a looped model may be taught to keep from recurrence to recurrence.

  // Variables of a procedure that answers lines of `format`, one recurrence a step; none: there is no such procedure.
  virtual absl::Span<const StateVariable> state(const LineFormat& format) const;

  // Their values after `recurrences` of them, any number: before the first all are 0. Sets out[t * variables + v], v a
  // variable and t a token of the answer, the end of the line being the last: [tokens, variables].
  virtual void StateAfter(const ParsedProblem& problem, const LineFormat& format, int64_t recurrences,
                          absl::Span<uint8_t> out) const;

  // --- Tokens and evaluation.

  // Name of the vocabulary that such lines are tokenised with.
  virtual absl::string_view VocabularyName(const LineFormat& format) const = 0;

  // What the two lengths of a cell mean.
  virtual const TaskGrid& grid() const;

  // UsageError where a grid's cell cannot have these lengths and operands.
  virtual absl::Status CheckCell(const LineFormat& format, const CellLengths& cell) const;

  // Tokens of a line of this cell without a scratchpad, its answer and end included; longest answers. Shards are
  // balanced by it.
  virtual int64_t LineTokens(const CellLengths& cell) const = 0;

 protected:
  // The value of a parameter of this task in `format`.
  int64_t ParameterOf(const LineFormat& format, absl::string_view name) const;
};

// UsageError where `refused`.
absl::Status RefuseIf(bool refused, absl::string_view message);

// UsageError, with the name of the option, where the task refuses a part of `format` or `options`.
absl::Status CheckLineFormat(const Task& task, const LineFormat& format);
absl::Status CheckDrawOptions(const Task& task, const LineFormat& format, const DrawOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_TASK_H_

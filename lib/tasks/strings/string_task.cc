#include "lib/tasks/strings/string_task.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {

StringTask::StringTask(const LineGrammar& grammar, OptionSet options) : grammar_(grammar), options_(options) {
  grid_.one_length = true;
  grid_.operands = static_cast<int64_t>(grammar.most_operands);
  grid_.first_axis = grid_.equal_lengths = grid_.longest_length =
      grid_.operands == 1 ? "digits of the operand" : "digits of each operand";
}

void StringTask::Draw(const DrawOptions& options, const LineFormat& /*format*/, const SampleIndex& sample,
                      Random* random, std::vector<std::string>* operands) const {
  const bool leave_grid = sample.again && options.lengths.kind == LengthDistribution::kBucket;
  const int length = leave_grid ? DrawLength({LengthDistribution::kUniform, {}}, options.first, random)
                                : ChooseLengths(options.lengths, options.first, {1, 1}, sample.index, random).first;
  operands->resize(grammar_.most_operands);
  for (std::string& operand : *operands) {
    operand.resize(length);
    for (char& digit : operand) digit = static_cast<char>('0' + random->Below(grammar_.last_digit - '0' + 1));
  }
}

void StringTask::MakeAdversarial(const DrawOptions& /*options*/, Random* random,
                                 std::vector<std::string>* operands) const {
  const auto digit = static_cast<char>('0' + random->Below(grammar_.last_digit - '0' + 1));
  for (std::string& operand : *operands) operand.assign(operand.size(), digit);
}

void StringTask::Render(const std::vector<std::string>& operands, const LineFormat& format, Random* /*random*/,
                        std::string* line) const {
  line->clear();
  AppendOperands(operands, grammar_, line);
  absl::StrAppend(line, "=", AnswerOf(OperandViews(operands.begin(), operands.end()), format));
}

absl::StatusOr<ParsedProblem> StringTask::Parse(absl::string_view line, const LineFormat& format,
                                                std::string* room) const {
  if (format.spaces) line = WithoutSpaces(line, room);
  TALLY_ASSIGN_OR_RETURN(ParsedProblem problem, SplitOperands(line, grammar_));
  TALLY_RETURN_IF_ERROR(CheckDigits(line, line.size() - problem.answer.size(), grammar_));
  for (const absl::string_view operand : problem.operands) {
    if (!HasEqualLengths() || operand.size() == problem.operands[0].size()) continue;
    return BadInputError(absl::StrCat("found operands of ", problem.operands[0].size(), " and ", operand.size(),
                                      " digits, expected equal lengths"));
  }
  return problem;
}

std::vector<std::string> StringTask::DrawnOperands(const ParsedProblem& problem, const LineFormat& /*format*/) const {
  return std::vector<std::string>(problem.operands.begin(), problem.operands.end());
}

std::string StringTask::Answer(const ParsedProblem& problem, const LineFormat& format) const {
  return AnswerOf(problem.operands, format);
}

absl::string_view StringTask::VocabularyName(const LineFormat& /*format*/) const { return "tasks"; }

int64_t StringTask::LineTokens(const CellLengths& cell) const {
  // A prefix or the separators, `=`, and the end.
  return grid_.operands * cell.first + std::max<int64_t>(1, grid_.operands - 1) + 1 + AnswerDigits(cell) + 1;
}

}  // namespace tally

// How a sample is drawn; the order of the draws is part of the data sets' format:
//   1. For several numbers: how many.
//   2. Lengths (lengths.h). If equal_lengths > 0, one Uniform(): below the share, the second becomes the first where it
//      can. Further operands draw a length each.
//   3. The digits of the operands in turn (operands/digits.h).
//   4. If carry_chains > 0, one Uniform(): below the share, MakeCarryChain. With no_carry or uniform_carry_runs the
//      digits are drawn anew by DrawWithCarryRun.
//   5. If extreme_digits > 0, one Uniform(): below the share, MakeExtreme on each operand in turn.
//   6. If common_digits > 0, one Uniform(): below the share, MakeCommonDigits.
// and, after what the sampler draws (sampler.h), in Render the hints' start.
#include "lib/tasks/number_task.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/operands/digits.h"
#include "lib/tasks/operands/layouts.h"

namespace tally {
namespace {

// `line`, a standard one, with a hint before each digit and sign. Separators and `=` have none.
std::string Hinted(const std::string& line, absl::string_view separators, int64_t start) {
  const size_t equals = line.find('=');
  std::string hinted;
  size_t begin = 0;
  for (size_t i = 0; i <= line.size(); ++i) {
    const bool separates = i < equals && separators.find(line[i]) != absl::string_view::npos;
    if (!separates && i != equals && i != line.size()) continue;
    hinted += WithHints(absl::string_view(line).substr(begin, i - begin), start);
    if (i < line.size()) hinted.push_back(line[i]);
    begin = i + 1;
  }
  return hinted;
}

// Drawn operands as a line has them.
std::vector<std::string> AsWritten(std::vector<std::string> operands, const LineFormat& format) {
  for (std::string& operand : operands) {
    operand.append(format.prepended_zeros, '0');
    if (!OperandsAreReversed(format.order)) std::reverse(operand.begin(), operand.end());
  }
  return operands;
}

// The digits of two operands.
void DrawPair(const Lengths& lengths, const DrawOptions& options, Random* random, std::string* first,
              std::string* second) {
  if (options.no_carry || options.uniform_carry_runs) {
    first->assign(lengths.first, '0');
    second->assign(lengths.second, '0');
    const int most = options.no_carry ? 0 : std::min(lengths.first, lengths.second);
    DrawWithCarryRun(static_cast<int>(random->Below(most + 1)), options.keep_zero, random, first, second);
    return;
  }
  DrawNumber(lengths.first, options.keep_zero, random, first);
  DrawNumber(lengths.second, options.keep_zero, random, second);
  if (options.carry_chains > 0 && random->Uniform() < options.carry_chains) {
    MakeCarryChain(options.keep_zero, random, first, second);
  }
}

// The range of lengths of sample `index`, whose longest grows over `samples`.
LengthRange Grown(LengthRange range, int64_t samples, uint64_t index) {
  const auto grown = static_cast<int64_t>(index);
  if (grown < samples) range.max = range.min + static_cast<int>(range.count() * grown / samples);
  return range;
}

// Operands of LengthDistribution::kPlain.
void DrawPlain(const DrawOptions& options, Random* random, std::vector<std::string>* operands) {
  for (size_t i = 0; i < operands->size(); ++i) {
    std::string& operand = (*operands)[i];
    DrawBelowPowerOfTen(i == 0 ? options.first.max : options.second.max, random, &operand);
    if (!options.keep_places) operand.resize(WithoutLeadingZeros(operand).size());
  }
}

// `operands` as written, least significant digit first: views into them or into `*room`.
OperandViews LeastFirst(const OperandViews& operands, const LineFormat& format, std::vector<std::string>* room) {
  if (OperandsAreReversed(format.order)) return operands;
  for (const absl::string_view operand : operands) room->emplace_back(operand.rbegin(), operand.rend());
  return OperandViews(room->begin(), room->end());
}

}  // namespace

absl::Status NumberTask::CheckFormat(const LineFormat& format) const {
  return RefuseIf(format.scratchpad && format.order != DigitOrder::kAllReversed,
                  "a scratchpad is written least significant digit first; expected --reverse=all");
}

void NumberTask::Draw(const DrawOptions& options, const LineFormat& /*format*/, const SampleIndex& sample,
                      Random* random, std::vector<std::string>* operands) const {
  static const LengthDistribution& uniform = *new LengthDistribution{LengthDistribution::kUniform, {}};
  const bool leave_grid = sample.again && options.lengths.kind == LengthDistribution::kBucket;
  const LengthDistribution& distribution = leave_grid ? uniform : options.lengths;
  const int most = options.max_operands, least = options.min_operands;
  operands->resize(most == least ? most : least + static_cast<int>(random->Below(most - least + 1)));
  Lengths lengths = ChooseLengths(distribution, Grown(options.first, options.grow_first, sample.index),
                                  Grown(options.second, options.grow_second, sample.index), sample.index, random);
  if (options.equal_lengths > 0 && random->Uniform() < options.equal_lengths &&
      options.second.contains(lengths.first)) {
    lengths.second = lengths.first;
  }
  if (distribution.kind == LengthDistribution::kPlain) return DrawPlain(options, random, operands);
  DrawPair(lengths, options, random, &(*operands)[0], &(*operands)[1]);
  for (size_t i = 2; i < operands->size(); ++i) {
    DrawNumber(DrawLength(distribution, options.second, random), options.keep_zero, random, &(*operands)[i]);
  }
  if (options.extreme_digits > 0 && random->Uniform() < options.extreme_digits) {
    for (std::string& operand : *operands) MakeExtreme(random, &operand);
  }
  if (options.common_digits > 0 && random->Uniform() < options.common_digits) {
    MakeCommonDigits(options.keep_zero, random, (*operands)[0], &(*operands)[1]);
  }
}

void NumberTask::MakeAdversarial(const DrawOptions& options, Random* random, std::vector<std::string>* operands) const {
  MakeCarryChain(options.keep_zero, random, &(*operands)[0], &(*operands)[1]);
}

std::string NumberTask::Key(const std::vector<std::string>& operands) const {
  std::vector<std::string> values;
  for (const std::string& operand : operands) values.emplace_back(WithoutLeadingZeros(operand));
  if (IsCommutative()) std::sort(values.begin(), values.end());
  return Task::Key(values);
}

void NumberTask::Render(const std::vector<std::string>& drawn, const LineFormat& format, Random* random,
                        std::string* line) const {
  std::vector<std::string> changed;
  const bool as_drawn = format.prepended_zeros == 0 && OperandsAreReversed(format.order);
  if (!as_drawn) changed = AsWritten(drawn, format);
  const std::vector<std::string>& operands = as_drawn ? drawn : changed;
  line->clear();
  AppendPrompt(operands, format, line);
  AppendAnswer(OperandViews(drawn.begin(), drawn.end()), format, line);
  if (format.index_hints) *line = Hinted(*line, grammar_.separators, static_cast<int64_t>(random->Below(kHints)));
}

void NumberTask::AppendPrompt(const std::vector<std::string>& operands, const LineFormat& format,
                              std::string* line) const {
  if (format.interleave) {
    line->append(Interleave(operands[0], operands[1]));
  } else {
    AppendOperands(operands, grammar_, line);
  }
  line->push_back('=');
}

std::string NumberTask::HintedLine(const ParsedProblem& problem, const LineFormat& format, absl::string_view answer,
                                   int64_t start) const {
  if ((options_ & kHasIndexHints) == 0) return "";
  const std::vector<std::string> operands(problem.operands.begin(), problem.operands.end());
  std::string line;
  AppendPrompt(operands, format, &line);
  return Hinted(absl::StrCat(line, answer), grammar_.separators, start);
}

// Made in this order: digits from the least significant one on, sign, zeros.
void NumberTask::AppendAnswer(const OperandViews& operands, const LineFormat& format, std::string* text) const {
  if (format.scratchpad) {
    text->append(Scratchpad(operands));
    return;
  }
  const auto begin = static_cast<std::ptrdiff_t>(text->size());
  bool negative = false;
  Compute(operands, &negative, text);
  if (negative) text->push_back('-');
  if (format.prepended_zeros > 0) text->append(format.prepended_zeros + 1, '0');
  if (!AnswerIsReversed(format.order)) std::reverse(text->begin() + begin, text->end());
}

absl::Status NumberTask::CheckAnswerSyntax(absl::string_view line, size_t begin, const LineFormat& format) const {
  if (format.scratchpad) return CheckPartials(line, begin, grammar_);
  const absl::string_view answer = line.substr(begin);
  const size_t sign = MayBeNegative() ? answer.find('-') : absl::string_view::npos;
  if (sign != absl::string_view::npos) {
    // One sign, behind or before the digits; CheckAnswer decides which zeros may be beside it.
    const size_t rest = CountDigits(answer.substr(sign + 1), grammar_);
    if (CountDigits(answer, grammar_) == sign && sign + 1 + rest == answer.size()) return absl::OkStatus();
  }
  return CheckDigits(line, begin, grammar_);
}

absl::StatusOr<ParsedProblem> NumberTask::Parse(absl::string_view line, const LineFormat& format,
                                                std::string* room) const {
  if (format.spaces || format.index_hints || format.interleave) {
    TALLY_ASSIGN_OR_RETURN(line, Standardise(line, format, room));
  }
  TALLY_ASSIGN_OR_RETURN(ParsedProblem problem, SplitOperands(line, grammar_));
  TALLY_RETURN_IF_ERROR(CheckAnswerSyntax(line, line.size() - problem.answer.size(), format));
  return problem;
}

// `line`, which has spaces, hints or interleaved digits, as a standard one, in `*room`.
absl::StatusOr<absl::string_view> NumberTask::Standardise(absl::string_view line, const LineFormat& format,
                                                          std::string* room) const {
  if (format.spaces) line = WithoutSpaces(line, room);
  if (format.index_hints) {
    TALLY_ASSIGN_OR_RETURN(*room, WithoutHints(line, absl::StrCat(grammar_.separators, "=")));
    line = *room;
  }
  if (!format.interleave) return line;
  TALLY_ASSIGN_OR_RETURN(*room, Separate(line, format));
  return absl::string_view(*room);
}

// `line`, whose two numbers are interleaved, as a standard one.
absl::StatusOr<std::string> NumberTask::Separate(absl::string_view line, const LineFormat& format) const {
  const size_t equals = line.find('=');
  const size_t digits = CountDigits(line, grammar_);
  if (digits < 2 || digits != equals) return UnexpectedByte(line, digits, "two interleaved numbers and '='");
  const absl::string_view answer = line.substr(equals + 1);
  const absl::StatusOr<InterleavedNumbers> numbers =
      Deinterleave(line.substr(0, equals), [&](absl::string_view first, absl::string_view second) {
        return answer.empty() || Answer({{first, second}, {}, {}}, format) == answer;
      });
  if (!numbers.ok()) {
    return BadInputError(absl::StrCat("found the answer ", Shortened(answer),
                                      ", which no two numbers have whose digits stand before it in turn"));
  }
  std::string standard;
  AppendOperands({numbers->first, numbers->second}, grammar_, &standard);
  return absl::StrCat(standard, "=", answer);
}

std::vector<std::string> NumberTask::DrawnOperands(const ParsedProblem& problem, const LineFormat& format) const {
  std::vector<std::string> room;
  const OperandViews operands = LeastFirst(problem.operands, format, &room);
  return std::vector<std::string>(operands.begin(), operands.end());
}

std::string NumberTask::Answer(const ParsedProblem& problem, const LineFormat& format) const {
  std::vector<std::string> room;
  std::string answer;
  AppendAnswer(LeastFirst(problem.operands, format, &room), format, &answer);
  return answer;
}

std::string NumberTask::OracleAnswer(const ParsedProblem& problem, const LineFormat& format) const {
  std::vector<std::string> room;
  const OperandViews operands = LeastFirst(problem.operands, format, &room);
  if (format.scratchpad) return OracleScratchpad(operands);
  BigInteger result;
  ComputeByGmp(operands, &result);
  // As people write it; reversed, all of it is.
  const std::string digits = result.Digits();
  std::string text(format.prepended_zeros > 0 ? format.prepended_zeros + 1 : 0, '0');
  if (result.negative()) text += '-';
  text.append(digits.rbegin(), digits.rend());
  if (AnswerIsReversed(format.order)) std::reverse(text.begin(), text.end());
  return text;
}

bool NumberTask::IsBareAndReversed(const LineFormat& format) {
  return format.order == DigitOrder::kAllReversed && !format.scratchpad && !format.index_hints && !format.interleave &&
         format.prepended_zeros == 0;
}

std::string NumberTask::Scratchpad(const OperandViews& /*operands*/) const { return ""; }

std::string NumberTask::OracleScratchpad(const OperandViews& /*operands*/) const { return ""; }

std::vector<ProblemMeasure> NumberTask::OwnMeasures(const OperandViews& /*operands*/) const { return {}; }

std::vector<ProblemMeasure> NumberTask::Measures(const ParsedProblem& problem, const LineFormat& format) const {
  std::vector<ProblemMeasure> measures = Task::Measures(problem, format);
  std::vector<size_t> lengths;
  for (const absl::string_view operand : problem.operands) lengths.push_back(operand.size());
  std::sort(lengths.rbegin(), lengths.rend());
  measures.push_back({"overlapping_digits", lengths.size() < 2 ? 0 : static_cast<int64_t>(lengths[1])});
  std::vector<std::string> room;
  for (const ProblemMeasure& own : OwnMeasures(LeastFirst(problem.operands, format, &room))) measures.push_back(own);
  return measures;
}

absl::string_view NumberTask::VocabularyName(const LineFormat& format) const {
  return format.index_hints ? "index" : "pad";
}

int64_t NumberTask::AnswerDigits(const CellLengths& cell) const { return std::max(cell.first, cell.second) + 1; }

int64_t NumberTask::LineTokens(const CellLengths& cell) const {
  const int64_t digits = cell.operands > 2 ? cell.operands * cell.first : cell.first + cell.second;
  return digits + cell.operands + AnswerDigits(cell) + 1;
}

}  // namespace tally

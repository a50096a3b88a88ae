#include "lib/tasks/task.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/operands/digits.h"

namespace tally {
namespace {

constexpr int kMostZeros = 1'000'000;

// Refuses an option that was given and that the task does not have.
absl::Status Need(const Task& task, OptionSet option, bool given, absl::string_view reason) {
  return RefuseIf(given && (task.options() & option) == 0, absl::StrCat(task.name(), ": ", reason));
}

absl::Status CheckParameters(const Task& task, const LineFormat& format) {
  std::vector<std::string> names;
  for (const TaskParameter& parameter : task.parameters()) names.emplace_back(parameter.name);
  for (const auto& [name, value] : format.parameters) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return UsageError(absl::StrCat("--", name, ": ", task.name(), " has no such option", DidYouMean(name, names)));
    }
    const TaskParameter& parameter = task.parameters()[found - names.begin()];
    if (parameter.least <= value && value <= parameter.most) continue;
    return UsageError(
        absl::StrCat("--", name, ": found ", value, ", expected ", parameter.least, "..", parameter.most));
  }
  return absl::OkStatus();
}

absl::Status CheckScratchpad(const Task& task, const LineFormat& format) {
  TALLY_RETURN_IF_ERROR(Need(task, kHasScratchpad, format.scratchpad, "it has no scratchpad"));
  const bool more = format.interleave || format.index_hints || format.spaces || format.prepended_zeros > 0;
  return RefuseIf(format.scratchpad && more,
                  "a scratchpad excludes interleaving, index hints, random spaces and prepended zeros");
}

// Which options go together whatever the task.
absl::Status CheckCombination(const LineFormat& format, const DrawOptions& o) {
  const bool several = o.max_operands > 2, plain = o.lengths.kind == LengthDistribution::kPlain;
  const bool carries = o.no_carry || o.uniform_carry_runs || o.carry_chains > 0;
  TALLY_RETURN_IF_ERROR(RefuseIf(several && (format.interleave || carries),
                                 "more than two operands exclude interleaving and the choice of carries"));
  TALLY_RETURN_IF_ERROR(
      RefuseIf(several && o.lengths.kind == LengthDistribution::kBucket,
               "more than two operands: lengths are uniform, weighted or plain, there is no grid of them"));
  TALLY_RETURN_IF_ERROR(RefuseIf(o.no_carry + o.uniform_carry_runs + (o.carry_chains > 0) > 1,
                                 "carries are chosen in one way at a time: none, chains, or the longest run"));
  TALLY_RETURN_IF_ERROR(RefuseIf((o.no_carry || o.uniform_carry_runs) && plain,
                                 "the choice of carries needs sums of operands with chosen lengths"));
  TALLY_RETURN_IF_ERROR(RefuseIf(o.keep_places && !plain, "keeping places needs lengths that are plain"));
  TALLY_RETURN_IF_ERROR(
      RefuseIf(o.grow_first < 0 || o.grow_second < 0, "growing lengths: expected 0 or more problems"));
  const bool grows = o.grow_first > 0 || o.grow_second > 0;
  return RefuseIf(grows && o.lengths.kind != LengthDistribution::kUniform,
                  "growing lengths need --length_distribution=uniform");
}

}  // namespace

absl::Status Task::CheckFormat(const LineFormat& /*format*/) const { return absl::OkStatus(); }

absl::Status Task::CheckDraw(const LineFormat& /*format*/, const DrawOptions& /*options*/) const {
  return absl::OkStatus();
}

int Task::ShortestOperand(const DrawOptions& options) const { return std::min(options.first.min, options.second.min); }

int64_t Task::Population(const DrawOptions& /*options*/) const { return kUnlimited; }

void Task::MakeAdversarial(const DrawOptions& /*options*/, Random* /*random*/,
                           std::vector<std::string>* /*operands*/) const {}

std::string Task::Key(const std::vector<std::string>& operands) const { return absl::StrJoin(operands, " "); }

ProblemSize Task::Size(const ParsedProblem& problem) const {
  ProblemSize size;
  size.first = size.second = static_cast<int64_t>(problem.operands[0].size());
  if (problem.operands.size() > 1) size.second = 0;
  for (size_t i = 1; i < problem.operands.size(); ++i) {
    size.second = std::max<int64_t>(size.second, problem.operands[i].size());
  }
  return size;
}

std::string Task::HintedLine(const ParsedProblem& /*problem*/, const LineFormat& /*format*/,
                             absl::string_view /*answer*/, int64_t /*start*/) const {
  return "";
}

std::string Task::Result(absl::string_view answer, const LineFormat& /*format*/) const { return std::string(answer); }

std::vector<ProblemMeasure> Task::Measures(const ParsedProblem& problem, const LineFormat& /*format*/) const {
  int64_t longest = 0;
  for (const absl::string_view operand : problem.operands) longest = std::max(longest, LongestRepeat(operand));
  return {{"longest_repeated_digit", longest}};
}

absl::Span<const StateVariable> Task::state(const LineFormat& /*format*/) const { return {}; }

void Task::StateAfter(const ParsedProblem& /*problem*/, const LineFormat& /*format*/, int64_t /*recurrences*/,
                      absl::Span<uint8_t> /*out*/) const {}

const TaskGrid& Task::grid() const {
  static const TaskGrid& of_two_operands = *new TaskGrid();
  return of_two_operands;
}

absl::Status Task::CheckCell(const LineFormat& /*format*/, const CellLengths& cell) const {
  const TaskGrid& meaning = grid();
  if (meaning.one_length ? cell.operands == meaning.operands : cell.operands >= 2) return absl::OkStatus();
  return UsageError(absl::StrCat(name(), ": operands ", cell.operands, "; expected ", meaning.operands,
                                 meaning.one_length ? "" : " or more"));
}

int64_t Task::ParameterOf(const LineFormat& format, absl::string_view name) const {
  const auto given = format.parameters.find(std::string(name));
  if (given != format.parameters.end()) return given->second;
  const auto all = parameters();
  const auto own = std::find_if(all.begin(), all.end(), [&](const TaskParameter& p) { return p.name == name; });
  return own->usual;
}

absl::Status RefuseIf(bool refused, absl::string_view message) {
  return refused ? UsageError(message) : absl::OkStatus();
}

absl::Status CheckLineFormat(const Task& task, const LineFormat& format) {
  TALLY_RETURN_IF_ERROR(
      Need(task, kHasInterleaving, format.interleave, "interleaving needs operands that are numbers"));
  TALLY_RETURN_IF_ERROR(Need(task, kHasPrependedZeros, format.prepended_zeros > 0, "it has no prepended zeros"));
  TALLY_RETURN_IF_ERROR(RefuseIf(format.prepended_zeros < 0 || format.prepended_zeros > kMostZeros,
                                 "prepended zeros: expected 0..1000000"));
  TALLY_RETURN_IF_ERROR(Need(task, kHasIndexHints, format.index_hints, "it has no index hints"));
  TALLY_RETURN_IF_ERROR(RefuseIf(format.index_hints && format.interleave, "index hints exclude interleaving"));
  TALLY_RETURN_IF_ERROR(RefuseIf(format.index_hints && format.spaces, "index hints exclude random spaces"));
  TALLY_RETURN_IF_ERROR(Need(task, kHasSpaces, format.spaces, "it has no random spaces"));
  TALLY_RETURN_IF_ERROR(CheckScratchpad(task, format));
  TALLY_RETURN_IF_ERROR(CheckParameters(task, format));
  return task.CheckFormat(format);
}

absl::Status CheckDrawOptions(const Task& task, const LineFormat& format, const DrawOptions& o) {
  TALLY_RETURN_IF_ERROR(RefuseIf(o.min_operands < 2 || o.min_operands > o.max_operands || o.max_operands > kMaxOperands,
                                 absl::StrCat("operands: found ", o.min_operands, "..", o.max_operands,
                                              ", expected a range within 2..", kMaxOperands)));
  TALLY_RETURN_IF_ERROR(
      Need(task, kHasManyOperands, o.max_operands > 2, "more than two operands: only sums have them"));
  TALLY_RETURN_IF_ERROR(CheckCombination(format, o));
  TALLY_RETURN_IF_ERROR(Need(task, kHasChoiceOfCarries, o.no_carry || o.uniform_carry_runs,
                             "the choice of carries needs sums of operands with chosen lengths"));
  TALLY_RETURN_IF_ERROR(Need(task, kHasCarryChains, o.carry_chains > 0, "it has no carries that could be long"));
  TALLY_RETURN_IF_ERROR(
      Need(task, kHasPlainLengths, o.lengths.kind == LengthDistribution::kPlain, "plain lengths are those of numbers"));
  TALLY_RETURN_IF_ERROR(Need(task, kHasKeepZero, o.keep_zero, "keep_zero needs operands that are numbers"));
  TALLY_RETURN_IF_ERROR(
      Need(task, kHasEqualLengths, o.equal_lengths > 0, "equal lengths need two operands with lengths of their own"));
  TALLY_RETURN_IF_ERROR(Need(task, kHasGrowth, o.grow_first > 0 || o.grow_second > 0,
                             "lengths that grow need operands that are numbers"));
  TALLY_RETURN_IF_ERROR(
      Need(task, kHasExtremeDigits, o.extreme_digits > 0, "extreme digits need operands that are numbers"));
  TALLY_RETURN_IF_ERROR(Need(task, kHasCommonDigits, o.common_digits > 0,
                             "common digits make differences and comparisons hard, nothing else"));
  TALLY_RETURN_IF_ERROR(Need(task, kHasAdversarial, o.adversarial > 0, "it has no adversarial problems"));
  return task.CheckDraw(format, o);
}

}  // namespace tally

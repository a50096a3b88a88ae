#include "lib/tasks/sampling/generate_flags.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/config/options.h"

namespace tally {
namespace {

bool HasParameter(const Task& task, absl::string_view name) {
  const auto all = task.parameters();
  return std::any_of(all.begin(), all.end(), [&](const TaskParameter& parameter) { return parameter.name == name; });
}

// Whether `argument` is --NAME or --NAME=N of a parameter.
bool NamesParameter(absl::string_view argument) {
  const absl::string_view flag = argument.substr(0, argument.find('='));
  for (const std::string& name : TaskNames()) {
    if (absl::StartsWith(flag, "--") && HasParameter(TaskNamed(name), flag.substr(2))) return true;
  }
  return false;
}

// `value`, or `fallback` where the flag was not given.
int Or(int value, int fallback) { return value != 0 ? value : fallback; }

absl::Status SetLengths(const GenerateFlags& flags, const std::vector<ProblemFormat>& formats,
                        SamplerOptions* options) {
  const bool one_length = std::all_of(formats.begin(), formats.end(),
                                      [](const ProblemFormat& format) { return format.task->grid().one_length; });
  if (one_length && (flags.min_digits_second() != 0 || flags.max_digits_second() != 0)) {
    return UsageError(absl::StrCat(formats[0].task->name(),
                                   " has one length; expected no --min_digits_second and --max_digits_second"));
  }
  if (flags.exact() && (flags.min_digits() != 0 || flags.min_digits_second() != 0)) {
    return UsageError(
        "--exact makes operands of the longest lengths only, so it excludes --min_digits and "
        "--min_digits_second");
  }
  if (options->lengths.kind == LengthDistribution::kPlain && flags.min_digits() + flags.min_digits_second() > 0) {
    return UsageError(
        "--length_distribution=plain draws numbers from 0 on: it excludes --min_digits and --min_digits_second");
  }
  options->first.max = flags.max_digits();
  options->second.max = Or(flags.max_digits_second(), flags.max_digits());
  options->first.min = flags.exact() ? options->first.max : Or(flags.min_digits(), 1);
  options->second.min = flags.exact() ? options->second.max : Or(flags.min_digits_second(), options->first.min);
  return absl::OkStatus();
}

// Refuses flags that could change nothing.
absl::Status CheckEffects(const SamplerOptions& options) {
  const LengthRange& a = options.first;
  const LengthRange& b = options.second;
  if (options.equal_lengths > 0 && std::max(a.min, b.min) > std::min(a.max, b.max)) {
    return UsageError(
        absl::StrCat("--equal_lengths: no length is both in ", a.min, "..", a.max, " and in ", b.min, "..", b.max));
  }
  const bool plain = options.lengths.kind == LengthDistribution::kPlain;
  const bool of_digits = options.carry_chains > 0 || options.extreme_digits > 0 || options.common_digits > 0;
  if (plain && (options.keep_zero || options.equal_lengths > 0 || of_digits)) {
    return UsageError(
        "--length_distribution=plain draws whole numbers: it excludes --keep_zero, --equal_lengths, --carry_chains, "
        "--extreme_digits and --common_digits");
  }
  if (options.keep_zero && options.format.task->ShortestOperand(options) > 1) {
    return UsageError("--keep_zero changes one-digit operands only, and here all have more digits");
  }
  return absl::OkStatus();
}

}  // namespace

TaskArguments::TaskArguments(int argc, char** argv) {
  bool flags = true;
  for (int i = 0; i < argc; ++i) {
    std::string word = argv[i];
    flags = flags && word != "--";
    if (flags && NamesParameter(word)) {
      const bool value_follows = !absl::StrContains(word, '=') && i + 1 < argc;
      word = absl::StrCat("--parameter=", word.substr(2), value_follows ? "=" : "", value_follows ? argv[++i] : "");
    }
    words_.push_back(std::move(word));
  }
  for (std::string& word : words_) pointers_.push_back(&word[0]);
  pointers_.push_back(nullptr);
}

std::map<std::string, std::vector<std::string>> FormatWords() {
  return {{"task", TaskNames()}, {"reverse", {"all", "answer", "operands", "none"}}};
}

absl::Status AddParameters(const std::vector<std::string>& values, std::vector<ProblemFormat>* formats) {
  for (const std::string& value : values) {
    const std::pair<std::string, std::string> name_value = absl::StrSplit(value, absl::MaxSplits('=', 1));
    int64_t number = 0;
    if (!absl::SimpleAtoi(name_value.second, &number)) {
      return UsageError(
          absl::StrCat("--", name_value.first, ": found \"", name_value.second, "\", expected a whole number"));
    }
    const auto has = [&](const ProblemFormat& format) { return HasParameter(*format.task, name_value.first); };
    const bool known = std::any_of(formats->begin(), formats->end(), has);
    for (ProblemFormat& format : *formats) {
      if (!known || has(format)) format.parameters[name_value.first] = number;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ParseProblemCount(absl::string_view text) {
  if (text == "inf") return kEndless;
  int64_t count;
  if (absl::SimpleAtoi(text, &count) && count != kEndless) return count;
  return UsageError(
      absl::StrCat("bad value \"", text, "\" for --count: expected a whole number, or inf for problems without end"));
}

absl::StatusOr<std::vector<ProblemFormat>> ResolveFormats(const FormatFlags& flags, bool spaces) {
  LineFormat lines;
  TALLY_ASSIGN_OR_RETURN(lines.order, ParseDigitOrder(flags.reverse()));
  lines.interleave = flags.interleave();
  lines.index_hints = flags.index_hints();
  lines.spaces = spaces;
  lines.scratchpad = flags.scratchpad();
  lines.prepended_zeros = flags.prepend_zeros();
  std::vector<ProblemFormat> formats;
  for (const absl::string_view name : absl::StrSplit(flags.task(), ',')) {
    TALLY_ASSIGN_OR_RETURN(const Task* const task, FindTask(name));
    formats.emplace_back(*task, lines);
  }
  TALLY_RETURN_IF_ERROR(AddParameters({flags.parameter().begin(), flags.parameter().end()}, &formats));
  return formats;
}

absl::StatusOr<GenerateOptions> ResolveGenerateFlags(const GenerateFlags& flags) {
  GenerateOptions options;
  SamplerOptions& sampler = options.sampler;
  TALLY_RETURN_IF_ERROR(CheckRanges(flags, "--"));
  TALLY_ASSIGN_OR_RETURN(const std::vector<ProblemFormat> formats, ResolveFormats(flags.format(), flags.spaces() > 0));
  sampler.format = formats[0];
  options.others.assign(formats.begin() + 1, formats.end());
  TALLY_ASSIGN_OR_RETURN(sampler.lengths, ParseLengthDistribution(flags.length_distribution()));
  TALLY_ASSIGN_OR_RETURN(sampler.split.side, ParseSplitSide(flags.split()));
  TALLY_ASSIGN_OR_RETURN(options.shard, ParseShard(flags.shard()));
  options.threads = flags.threads();
  TALLY_RETURN_IF_ERROR(SetLengths(flags, formats, &sampler));
  sampler.split.test_share = flags.test_share();
  sampler.min_operands = flags.min_operands();
  sampler.max_operands = flags.has_max_operands() ? flags.max_operands() : std::max(2, flags.min_operands());
  sampler.keep_zero = flags.keep_zero();
  sampler.keep_places = flags.keep_places();
  sampler.no_carry = flags.no_carry();
  sampler.uniform_carry_runs = flags.uniform_carry_runs();
  sampler.equal_lengths = flags.equal_lengths();
  sampler.carry_chains = flags.carry_chains();
  sampler.grow_first = flags.grow_digits();
  sampler.grow_second = flags.grow_digits_second();
  sampler.extreme_digits = flags.extreme_digits();
  sampler.common_digits = flags.common_digits();
  sampler.adversarial = flags.adversarial();
  sampler.spaces = flags.spaces();
  TALLY_RETURN_IF_ERROR(CheckEffects(sampler));
  TALLY_ASSIGN_OR_RETURN(const Sampler checked, Sampler::Create(sampler));
  TALLY_ASSIGN_OR_RETURN(options.count, ParseProblemCount(flags.count()));
  if (options.count < 0 || (options.count == 0 && !checked.is_counted())) {
    return UsageError(absl::StrCat("--count: found ", options.count, ", expected the number of problems, at least 1"));
  }
  options.seed = flags.seed();
  options.shuffle = flags.shuffle();
  if (options.shuffle && (sampler.grow_first > 0 || sampler.grow_second > 0)) {
    return UsageError("--grow_digits and --grow_digits_second order problems by length; expected --shuffle=false");
  }
  options.out = flags.out();
  return options;
}

}  // namespace tally

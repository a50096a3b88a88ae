#include "lib/tasks/problem_format.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"

namespace tally {
namespace {

// Stored in data sets and checkpoints, so older than the word scratchpad.
constexpr char kScratchpadKey[] = "working";

// Sets the parameter that `part`, NAME=N, names. False where the task has none of this name.
bool SetParameter(absl::string_view part, ProblemFormat* format) {
  const auto all = format->task->parameters();
  const std::pair<absl::string_view, absl::string_view> name_value = absl::StrSplit(part, absl::MaxSplits('=', 1));
  int64_t value = 0;
  const bool known = std::any_of(all.begin(), all.end(), [&](const auto& p) { return p.name == name_value.first; });
  if (!known || !absl::SimpleAtoi(name_value.second, &value)) return false;
  format->parameters[std::string(name_value.first)] = value;
  return true;
}

}  // namespace

absl::Status ValidateProblemFormat(const ProblemFormat& format) { return CheckLineFormat(*format.task, format); }

std::string LayoutText(const ProblemFormat& format) {
  std::vector<std::string> parts;
  if (format.interleave) parts.emplace_back("interleave");
  if (format.index_hints) parts.emplace_back("index_hints");
  if (format.spaces) parts.emplace_back("spaces");
  if (format.prepended_zeros > 0) parts.push_back(absl::StrCat("prepended_zeros=", format.prepended_zeros));
  if (format.scratchpad) parts.emplace_back(kScratchpadKey);
  for (const TaskParameter& parameter : format.task->parameters()) {
    const auto given = format.parameters.find(std::string(parameter.name));
    const int64_t value = given == format.parameters.end() ? parameter.usual : given->second;
    const bool off = parameter.usual == 0 && value == 0;  // left out, as flags that are off are
    if (!off) parts.push_back(absl::StrCat(parameter.name, "=", value));
  }
  return absl::StrJoin(parts, ",");
}

absl::Status ParseLayout(absl::string_view text, ProblemFormat* format) {
  for (absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const absl::string_view whole = part;
    if (part == "interleave") {
      format->interleave = true;
    } else if (part == "index_hints") {
      format->index_hints = true;
    } else if (part == "spaces") {
      format->spaces = true;
    } else if (part == kScratchpadKey) {
      format->scratchpad = true;
    } else if (!SetParameter(part, format) &&
               (!absl::ConsumePrefix(&part, "prepended_zeros=") || !absl::SimpleAtoi(part, &format->prepended_zeros))) {
      return BadInputError(absl::StrCat("found ", Quote(whole),
                                        ", expected interleave, index_hints, spaces, working, prepended_zeros=N or a "
                                        "parameter of ",
                                        format->task->name()));
    }
  }
  return absl::OkStatus();
}

}  // namespace tally

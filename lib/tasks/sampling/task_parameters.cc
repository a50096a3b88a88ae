#include "lib/tasks/sampling/task_parameters.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"

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

}  // namespace tally

#include "lib/tasks/sampling/tell_apart.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {
namespace {

constexpr int64_t kDrawn = 64;
constexpr int kLongest = 3;  // digits, or numbers of a line

// A question in the format `of` to which `other` has another answer; "" where none was drawn.
std::string SharedQuestion(const ProblemFormat& of, const ProblemFormat& other) {
  SamplerOptions options;
  options.format = of;
  options.first = options.second = {1, kLongest};
  absl::StatusOr<Sampler> sampler = Sampler::Create(options);
  if (!sampler.ok()) return "";
  std::string line, room;
  for (int64_t i = 0; i < std::min(kDrawn, sampler->population()); ++i) {
    if (!sampler->Sample(/*seed=*/0, RandomStream::kEvaluation, i, &line).ok()) return "";
    const std::string question(PromptOfLine(line));
    const absl::StatusOr<ParsedProblem> as_other = ParseProblem(question, other, &room);
    if (as_other.ok() && ExpectedAnswer(*as_other, other) != line.substr(question.size())) return question;
  }
  return "";
}

bool Same(const ProblemFormat& a, const ProblemFormat& b) {
  return a.task == b.task && a.order == b.order && LayoutText(a) == LayoutText(b);
}

}  // namespace

std::string FormatText(const ProblemFormat& format) {
  const std::string layout = LayoutText(format);
  return absl::StrCat(format.task->name(), " with digits reversed: ", DigitOrderName(format.order),
                      layout.empty() ? "" : ", layout ", layout);
}

std::string Clash(const ProblemFormat& a, const ProblemFormat& b) {
  if (Same(a, b)) return "";
  if (a.task == b.task) {
    return absl::StrCat("found ", FormatText(b), " beside ", FormatText(a), "; expected one format of a task");
  }
  for (const auto& [of, other] : {std::pair(a, b), std::pair(b, a)}) {
    const std::string question = SharedQuestion(of, other);
    if (question.empty()) continue;
    return absl::StrCat("found ", FormatText(b), " beside ", FormatText(a), ": ", question,
                        " has an answer in each; expected tasks that a line tells apart");
  }
  return "";
}

std::string FirstClash(absl::Span<const ProblemFormat> formats) {
  for (size_t i = 0; i < formats.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (Same(formats[k], formats[i])) return absl::StrCat("found ", formats[i].task->name(), " twice");
      std::string clash = Clash(formats[k], formats[i]);
      if (!clash.empty()) return clash;
    }
  }
  return "";
}

}  // namespace tally

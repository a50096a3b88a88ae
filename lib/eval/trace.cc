#include "lib/eval/trace.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

// Values [tokens, variables] of one variable, as digits where they are.
std::string ValuesText(absl::Span<const int64_t> values, size_t variable, size_t variables, bool digits) {
  std::string text;
  for (size_t t = variable; t < values.size(); t += variables) {
    absl::StrAppend(&text, digits || text.empty() ? "" : ",", values[t]);
  }
  return text;
}

}  // namespace

absl::Status CheckTraceable(const ModelRun& run, const ProblemFormat& format) {
  const StateConfig& state = run.model->config().state();
  const auto variables = static_cast<int64_t>(format.task->state(format).size());
  if (state.variables() == variables && variables > 0) return absl::OkStatus();
  return UsageError(absl::StrCat("--trace: the model's state has ", state.variables(), " variables, ",
                                 format.task->name(), " has ", variables,
                                 "; expected a model that was trained with train.loss.state_weight"));
}

absl::StatusOr<LineInput> InputOfLine(const ModelRun& run, const std::string& line, uint64_t sample) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<uint8_t> encoded, EncodeLine(run, line));
  LineInput of_line;
  of_line.ids.assign(encoded.begin(), encoded.end());
  const auto length = static_cast<int64_t>(encoded.size());
  of_line.equals = std::find(encoded.begin(), encoded.end(), run.vocabulary->equals_id()) - encoded.begin();
  of_line.input = InputOf(run, at::from_blob(of_line.ids.data(), {1, length}, at::kLong), {sample},
                          {LineRoom(run, of_line.equals + 1)});
  return of_line;
}

absl::StatusOr<std::string> TraceOf(const ModelRun& run, const std::string& line, uint64_t sample,
                                    const ProblemFormat& format) {
  const at::NoGradGuard no_grad;
  TALLY_ASSIGN_OR_RETURN(LineInput of_line, InputOfLine(run, line, sample));
  const int64_t length = static_cast<int64_t>(of_line.ids.size()), equals = of_line.equals;
  of_line.input.rows = at::arange(equals, length, at::kLong);
  const absl::string_view prompt = PromptOfLine(line);
  std::string room;
  TALLY_ASSIGN_OR_RETURN(const ParsedProblem problem, ParseProblem(prompt, format, &room));  // views into both
  const absl::Span<const StateVariable> variables = format.task->state(format);
  std::vector<uint8_t> expected((length - equals) * variables.size());
  std::string text;
  int64_t recurrence = 0;
  for (const at::Tensor& logits : run.model->ForwardWithState(of_line.input).state_logits) {
    const at::Tensor read = logits.argmax(-1).cpu().contiguous();
    const absl::Span<const int64_t> values(read.const_data_ptr<int64_t>(), expected.size());
    absl::StrAppend(&text, "  ", ++recurrence);
    for (size_t v = 0; v < variables.size(); ++v) {
      const bool digits = variables[v].values <= 10;
      absl::StrAppend(&text, "  ", variables[v].name, " ", ValuesText(values, v, variables.size(), digits));
    }
    format.task->StateAfter(problem, format, recurrence, absl::MakeSpan(expected));
    const bool right = std::equal(expected.begin(), expected.end(), values.begin());
    absl::StrAppend(&text, right ? "" : "  differs", "\n");
  }
  return text;
}

}  // namespace tally

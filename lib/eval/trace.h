// What a looped model keeps while it works, for people to read.
#ifndef TALLY_LIB_EVAL_TRACE_H_
#define TALLY_LIB_EVAL_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/eval/model_run.h"
#include "lib/tasks/problem_format.h"

namespace tally {

// A line as an input, which views `ids`.
struct LineInput {
  LineInput() = default;
  LineInput(LineInput&&) = default;
  LineInput& operator=(LineInput&&) = default;

  std::vector<int64_t> ids;
  int64_t equals = 0;  // place of the `=`
  ModelInput input;
};

// `line`, whose answer was generated as that of problem number `sample`, with the same random choices. BadInput as
// EncodeLine.
absl::StatusOr<LineInput> InputOfLine(const ModelRun& run, const std::string& line, uint64_t sample);

// UsageError for a model whose state has no variables (lib/model/loop_state.h), or not those that the task has.
absl::Status CheckTraceable(const ModelRun& run, const ProblemFormat& format);

// What the heads read after each recurrence of `line`, problem number `sample` with an answer, right or wrong: a line
// for each, beginning with its number, counted from 1,
//
//   1  digit 3600  carry 0000
//
// with the likeliest value of each variable where each token of the answer is predicted, its end being the last. Behind
// them stands "differs" where they are not those of the task (Task::StateAfter). BadInput as EncodeLine.
absl::StatusOr<std::string> TraceOf(const ModelRun& run, const std::string& line, uint64_t sample,
                                    const ProblemFormat& format);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_TRACE_H_

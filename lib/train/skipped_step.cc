#include "lib/train/skipped_step.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"

namespace tally {
namespace {

constexpr size_t kExamplesShown = 8;

std::string WhatIsNotFinite(const SkippedStep& step) {
  if (step.second_pass) return "the gradient of a second pass (sam_rho, or the optimizer's curvature) is not finite";
  if (std::isfinite(step.loss)) return absl::StrFormat("the gradient's norm is %g", std::abs(step.grad_norm));
  return absl::StrFormat("the loss is %g", std::abs(step.loss));
}

}  // namespace

std::string DescribeSkippedStep(const SkippedStep& step, const Batch& batch) {
  const std::string what = WhatIsNotFinite(step);
  const size_t shown = std::min(batch.samples.size(), kExamplesShown);
  return absl::StrFormat("%s at step %d, learning rate %g, problems %d to %d of the run: examples %s%s of the data",
                         what, step.number, step.learning_rate, step.first_problem,
                         step.first_problem + batch.sequences - 1,
                         absl::StrJoin(absl::MakeSpan(batch.samples).subspan(0, shown), ", "),
                         shown < batch.samples.size() ? ", ..." : "");
}

absl::Status SkipStep(const SkippedStep& step, const Batch& batch, int64_t allowed, bool log, TrainerState* state) {
  const std::string what = DescribeSkippedStep(step, batch);
  state->skipped += 1;
  state->skipped_in_a_row += 1;
  if (state->skipped_in_a_row > allowed) {
    return CheckFailedError(absl::StrCat("training has diverged: ", what, "; nothing was saved since"));
  }
  if (log) LogLine(absl::StrCat(what, "; left out"));
  return absl::OkStatus();
}

}  // namespace tally

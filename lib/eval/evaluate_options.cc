#include "lib/eval/evaluate_options.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/config/options.h"
#include "lib/eval/cell_problems.h"

namespace tally {
namespace {

constexpr double kLeastInterval = 1e-4;

absl::Status ValidateNumbers(const EvaluationFlags& flags) {
  TALLY_RETURN_IF_ERROR(CheckRanges(flags, "--"));
  if (flags.interval() == 0 || flags.interval() >= kLeastInterval) return absl::OkStatus();
  return UsageError(absl::StrCat("--interval=", flags.interval(), "; expected 0, or at least ", kLeastInterval));
}

absl::Status ValidateDecoding(const EvaluationFlags& flags) {
  const std::string& decoding = flags.decoding();
  const double temperature = flags.inference().temperature();
  const int64_t top_k = flags.inference().top_k();
  const std::vector<std::string> names = {kTeacherForced, kGenerate, kGenerateWithoutCache};
  if (std::find(names.begin(), names.end(), decoding) == names.end()) {
    return UsageError(absl::StrCat("--decoding=", decoding, "; expected one of ", absl::StrJoin(names, ", "),
                                   DidYouMean(decoding, names)));
  }
  if (decoding == kTeacherForced && (temperature > 0 || top_k > 0)) {
    return UsageError("--temperature and --top_k draw answers; expected --decoding=generate with them");
  }
  if (top_k > 0 && temperature == 0) return UsageError("--top_k is for drawn answers; expected --temperature with it");
  return absl::OkStatus();
}

}  // namespace

SamplePlan PlanOf(const EvaluationFlags& flags) { return {flags.samples(), flags.interval()}; }

absl::Status ValidateEvaluateOptions(const EvaluateOptions& options) {
  if (options.flags.inference().model().empty())
    return UsageError("--model is missing; expected a run or a checkpoint");
  TALLY_RETURN_IF_ERROR(ValidateNumbers(options.flags));
  TALLY_RETURN_IF_ERROR(ValidateDecoding(options.flags));
  if (options.problems.empty()) return ValidateGrid(options.grid);
  if (options.shard.count > 1) return UsageError("--shard cuts a grid; expected no --problems with it");
  if (options.flags.interval() > 0)
    return UsageError("--interval stops cells of a grid; expected no --problems with it");
  return absl::OkStatus();
}

}  // namespace tally

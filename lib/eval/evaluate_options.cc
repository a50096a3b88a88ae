#include "lib/eval/evaluate_options.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/config/flag_range.h"
#include "lib/eval/cell_problems.h"
#include "lib/eval/model_flags.h"

namespace tally {
namespace {

absl::Status ValidateNumbers(const EvaluateOptions& o) {
  TALLY_RETURN_IF_ERROR(CheckFlagRange("samples", o.samples.most, 1, kMaxSamples));
  TALLY_RETURN_IF_ERROR(CheckFlagRange("batch_tokens", o.batch_tokens, 1, 1e9));
  TALLY_RETURN_IF_ERROR(CheckModelFlags(o));
  TALLY_RETURN_IF_ERROR(CheckFlagRange("min_exact", o.min_exact, 0, 1));
  if (o.samples.interval == 0) return absl::OkStatus();
  return CheckFlagRange("interval", o.samples.interval, 1e-4, 0.5);
}

absl::Status ValidateDecoding(const EvaluateOptions& o) {
  const std::vector<std::string> names = {kTeacherForced, kGenerate, kGenerateWithoutCache};
  if (std::find(names.begin(), names.end(), o.decoding) == names.end()) {
    return UsageError(absl::StrCat("--decoding=", o.decoding, "; expected one of ", absl::StrJoin(names, ", "),
                                   DidYouMean(o.decoding, names)));
  }
  if (o.decoding == kTeacherForced && (o.temperature > 0 || o.top_k > 0)) {
    return UsageError("--temperature and --top_k draw answers; expected --decoding=generate with them");
  }
  if (o.top_k > 0 && o.temperature == 0)
    return UsageError("--top_k is for drawn answers; expected --temperature with it");
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateEvaluateOptions(const EvaluateOptions& options) {
  if (options.model.empty()) return UsageError("--model is missing; expected a run or a checkpoint");
  TALLY_RETURN_IF_ERROR(ValidateNumbers(options));
  TALLY_RETURN_IF_ERROR(ValidateDecoding(options));
  if (options.problems.empty()) return ValidateGrid(options.grid);
  if (options.shard.count > 1) return UsageError("--shard cuts a grid; expected no --problems with it");
  if (options.samples.interval > 0)
    return UsageError("--interval stops cells of a grid; expected no --problems with it");
  return absl::OkStatus();
}

}  // namespace tally

#include "lib/eval/model_run.h"

#include <ATen/ops/full.h>

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/model/draws.h"
#include "lib/model/positions/registry.h"

namespace tally {

absl::Status CheckOffset(const ModelRun& run) {
  const ModelConfig& config = run.model->config();
  if (run.offset < 0 || TableOf(config).draws_offset) return absl::OkStatus();
  return UsageError(absl::StrCat("--offset: found ", run.offset, ", expected none: the model's table is ",
                                 PositionConfig::Table_Name(config.positions().table()), ", not one of digits"));
}

absl::Status CheckFits(const ModelRun& run, const int64_t* ids, int64_t length) {
  int64_t longest = 0, digits = 0;
  for (int64_t i = 0; i < length; ++i) {
    digits = IsDigitId(ids[i]) ? digits + 1 : 0;
    longest = std::max(longest, digits);
  }
  const int64_t offset = run.offset >= 0 ? run.offset : run.model->config().positions().test_offset();
  return run.model->CheckLength(longest, length, offset);
}

int64_t LineRoom(const ModelRun& run, int64_t prompt) {
  const ModelConfig& config = run.model->config();
  return TableOf(config).draws_rows ? std::min<int64_t>(config.positions().table_rows(), 2 * prompt + 4)
                                    : std::numeric_limits<int64_t>::max();
}

absl::StatusOr<std::vector<uint8_t>> EncodeLine(const ModelRun& run, absl::string_view text) {
  std::vector<uint8_t> ids;
  TALLY_RETURN_IF_ERROR(run.vocabulary->Encode(text, &ids));
  const std::vector<int64_t> wide(ids.begin(), ids.end());
  TALLY_RETURN_IF_ERROR(CheckFits(run, wide.data(), static_cast<int64_t>(wide.size())));
  return ids;
}

ModelInput InputOf(const ModelRun& run, const at::Tensor& ids, const std::vector<uint64_t>& samples,
                   const std::vector<int64_t>& lengths, KeyValueCache* cache) {
  ModelInput input;
  input.cache = cache;
  input.ids = ids;
  input.recurrences = run.recurrences;
  input.logit_factor = run.logit_factor;
  if (run.offset >= 0) input.table_offsets = at::full({1}, run.offset, at::kLong);
  DrawForEvaluation(run.model->config(), run.seed, samples, lengths, &input, run.model->device());
  return input;
}

}  // namespace tally

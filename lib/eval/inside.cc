#include "lib/eval/inside.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/eval/trace.h"
#include "lib/model/attention/forward_record.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

// The texts of `ids` as a list of JSON.
std::string TokensJson(const ModelRun& run, const std::vector<int64_t>& ids) {
  nlohmann::json tokens = nlohmann::json::array();
  for (const int64_t id : ids) tokens.push_back(std::string(run.vocabulary->TokenText(id)));
  return tokens.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

// UsageError where what is computed, all of it whatever is written, has too many numbers.
absl::Status CheckSize(const ModelRun& run, const std::vector<int64_t>& ids) {
  const ModelConfig& config = run.model->config();
  const auto tokens = static_cast<int64_t>(ids.size());
  const auto recurrences = static_cast<double>(CountRecurrences(config, ids.data(), tokens, run.recurrences));
  const double weights = recurrences * config.layers() * config.attention().heads() * static_cast<double>(tokens) *
                         static_cast<double>(tokens);
  const double features = recurrences * static_cast<double>(tokens) * config.hidden_size();
  if (std::max(weights, features) <= kMostInside) return absl::OkStatus();
  return UsageError(absl::StrCat("--attention, --hidden_states: ", weights, " weights and ", features, " features of ",
                                 tokens, " tokens; expected at most ", kMostInside,
                                 " of each: a shorter problem or fewer recurrences"));
}

// `tensor`, [...], as the only one of a file, whose axes have these names.
absl::Status Write(const std::string& path, const char* name, const char* axes, const at::Tensor& tensor,
                   const std::string& tokens, const std::string& line) {
  const at::Tensor dense = tensor.cpu().to(at::kFloat).contiguous();
  const absl::string_view bytes(static_cast<const char*>(dense.const_data_ptr()), dense.nbytes());
  const std::map<std::string, std::string> metadata = {
      {"format", "tally.inside.1"}, {"axes", axes}, {"tokens", tokens}, {"line", line}};
  return WriteSafetensors(path, {{name, {DType::kF32, dense.sizes().vec(), bytes}}}, metadata);
}

}  // namespace

absl::Status WriteInside(const ModelRun& run, const std::string& line, const std::string& attention,
                         const std::string& hidden_states) {
  const at::NoGradGuard no_grad;
  TALLY_ASSIGN_OR_RETURN(const LineInput input, InputOfLine(run, line, /*sample=*/0));
  TALLY_RETURN_IF_ERROR(CheckSize(run, input.ids));
  ForwardRecord record;
  {
    const RecordForward recording(&record);
    run.model->Forward(input.input);
  }
  const std::string tokens = TokensJson(run, input.ids);
  if (!attention.empty()) {
    const auto recurrences = static_cast<int64_t>(record.states.size());
    const at::Tensor calls = at::stack(record.attention).squeeze(1);  // [recurrence * layer, head, query, key]
    TALLY_RETURN_IF_ERROR(Write(attention, "attention", "recurrence,layer,head,query,key",
                                calls.unflatten(0, {recurrences, -1}), tokens, line));
  }
  if (hidden_states.empty()) return absl::OkStatus();
  return Write(hidden_states, "hidden_states", "recurrence,token,feature", at::stack(record.states).squeeze(1), tokens,
               line);
}

}  // namespace tally

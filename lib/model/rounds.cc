#include "lib/model/rounds.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "lib/model/attention/forward_record.h"
#include "lib/model/forward_context.h"
#include "lib/model/positions/logit_bias.h"
#include "lib/model/positions/position_ids.h"
#include "lib/model/validate.h"

namespace tally {
namespace {

// Whether `input` asks for a whole pass over answers alone, and nothing else.
bool IsWholePassOfAnswers(const ModelInput& input) {
  const bool whole = input.cache == nullptr || input.cache->length() == 0;
  return input.rows.defined() && whole && !input.recurrences_done.defined() && !input.state_values.defined() &&
         !input.table_positions.defined() && !input.attention_positions.defined();
}

// Tokens before the first answer of any sequence of ids [batch, seq].
int64_t TokensBeforeAnswers(const at::Tensor& ids) {
  return IdsByRule(ids, SegmentIds).lt(kAnswerSegment).sum(1).min().item<int64_t>();
}

}  // namespace

int64_t RoundLength(const std::vector<int64_t>& operand_digits) {
  int64_t longest = 0;
  for (const int64_t digits : operand_digits) longest = std::max(longest, digits);
  return longest + 1;
}

at::Tensor RoundLengths(const ModelConfig& config, const at::Tensor& ids) {
  const bool counts = RelativeClipsOf(config.attention()).ReadRecurrence();
  if (config.recurrence_operand() != ModelConfig::EVERY_OPERAND || !counts) return at::Tensor();
  const at::Tensor in = ids.contiguous();
  const int64_t seq = in.size(1);
  const at::Tensor lengths = at::empty({in.size(0)}, at::kLong);
  for (int64_t b = 0; b < in.size(0); ++b) {
    lengths.data_ptr<int64_t>()[b] = RoundLength(OperandDigits(in.const_data_ptr<int64_t>() + b * seq, seq));
  }
  return lengths;
}

CommonRound RoundOf(const ModelConfig& config, const ModelInput& input) {
  if (!HandsOnVariablesAlone(config) || at::GradMode::is_enabled() || CurrentRecord() != nullptr) return {};
  if (!IsWholePassOfAnswers(input)) return {};
  const at::Tensor lengths = RoundLengths(config, input.ids);
  if (!lengths.defined() || !lengths.eq(lengths[0]).all().item<bool>()) return {};
  const int64_t tokens = TokensBeforeAnswers(input.ids);
  const bool before_rows = input.rows.remainder(input.ids.size(1)).ge(tokens).all().item<bool>();
  if (tokens == 0 || !before_rows) return {};
  return {lengths[0].item<int64_t>(), tokens};
}

}  // namespace tally

#include "lib/model/forward_context.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/floor_divide.h>

#include <algorithm>

#include "lib/model/positions/labelled_ids.h"
#include "lib/model/positions/position_ids.h"

namespace tally {
namespace {

// Both ids that `rule` gives each sequence of ids [B, S].
void SetIdPairs(const at::Tensor& ids, void (*rule)(const int64_t*, int64_t, int64_t*, int64_t*),
                AttentionContext* context) {
  const at::Tensor in = ids.contiguous();
  context->ids = at::empty_like(in);
  context->second_ids = at::empty_like(in);
  const int64_t seq = ids.size(1);
  for (int64_t b = 0; b < ids.size(0); ++b) {
    rule(in.const_data_ptr<int64_t>() + b * seq, seq, context->ids.data_ptr<int64_t>() + b * seq,
         context->second_ids.data_ptr<int64_t>() + b * seq);
  }
}

bool SequencesAreEqual(const at::Tensor& x) { return !x.defined() || x.eq(x.narrow(0, 0, 1)).all().item<bool>(); }

}  // namespace

at::Tensor IdsByRule(const at::Tensor& ids, void (*rule)(const int64_t*, int64_t, int64_t*)) {
  const at::Tensor in = ids.contiguous();
  const at::Tensor out = at::empty_like(in);
  const int64_t seq = ids.size(1);
  for (int64_t b = 0; b < ids.size(0); ++b) {
    rule(in.const_data_ptr<int64_t>() + b * seq, seq, out.data_ptr<int64_t>() + b * seq);
  }
  return out;
}

void SetRelativeIds(AttentionConfig::Ids rule, const at::Tensor& ids, AttentionContext* context) {
  switch (rule) {
    case AttentionConfig::DIGIT_WEIGHT:
      context->ids = IdsByRule(ids, CoupledIds);
      break;
    case AttentionConfig::DIGIT_WEIGHT_AND_OPERAND:
      context->ids = IdsByRule(ids, CoupledIds);
      context->second_ids = IdsByRule(ids, NumberIds);
      break;
    case AttentionConfig::SCRATCHPAD:
      SetIdPairs(ids, ScratchpadIds, context);
      break;
    case AttentionConfig::LABELLED_NUMBERS:
      SetIdPairs(ids, LabelledIds, context);
      break;
    case AttentionConfig::LABELLED_SCRATCHPAD:
      SetIdPairs(ids, LabelledScratchpadIds, context);
      break;
  }
  if (!SequencesAreEqual(context->ids) || !SequencesAreEqual(context->second_ids)) return;
  context->ids = context->ids.narrow(0, 0, 1);
  if (context->second_ids.defined()) context->second_ids = context->second_ids.narrow(0, 0, 1);
}

Selection Select(const at::Tensor& tokens, int64_t length, int64_t grain) {
  Selection selection;
  selection.tokens = tokens;
  selection.sequences = at::floor_divide(tokens, length);
  const at::Tensor places = tokens - selection.sequences * length;  // within their sequences
  selection.begin = places.min().item<int64_t>() / grain * grain;
  selection.end = std::min(length, (places.max().item<int64_t>() / grain + 1) * grain);
  selection.range_tokens = selection.sequences * (selection.end - selection.begin) + places - selection.begin;
  return selection;
}

}  // namespace tally

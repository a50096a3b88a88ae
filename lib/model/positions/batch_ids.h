// Ids of batches of tokens by the rules of position_ids.h: what tables and relative biases are indexed by.
#ifndef TALLY_LIB_MODEL_POSITIONS_ATTENTION_IDS_H_
#define TALLY_LIB_MODEL_POSITIONS_ATTENTION_IDS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "lib/model/forward_context.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// `rule` applied to each sequence of ids [batch, seq] -> [batch, seq]; all int64 on the CPU.
at::Tensor IdsByRule(const at::Tensor& ids, void (*rule)(const int64_t*, int64_t, int64_t*));

// Sets the ids of `context` for tokens ids [batch, seq]. Where all sequences have the same ids, as lines of equal
// operand and answer lengths have, one sequence represents all of them, and so does its bias.
void SetRelativeIds(AttentionConfig::Ids rule, const at::Tensor& ids, AttentionContext* context);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_ATTENTION_IDS_H_

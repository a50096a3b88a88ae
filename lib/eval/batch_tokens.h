// How much of an evaluation one forward pass takes.
#ifndef TALLY_LIB_EVAL_BATCH_TOKENS_H_
#define TALLY_LIB_EVAL_BATCH_TOKENS_H_

#include <cstdint>

#include "lib/model/model_config.pb.h"

namespace tally {

// Stays near a processor's caches.
constexpr int64_t kBatchTokensOfCpus = 4096;

// The most tokens of a forward pass on a device of `memory` bytes: what takes a thirty-second of it, by an estimate, so
// that as many threads may have one each; at least kBatchTokensOfCpus, at most 65,536, with which a device is busy.
int64_t BatchTokensOfDevice(const ModelConfig& config, int64_t memory);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_BATCH_TOKENS_H_

#include "lib/eval/batch_tokens.h"

#include <algorithm>

namespace tally {

int64_t BatchTokensOfDevice(const ModelConfig& config, int64_t memory) {
  constexpr int64_t kMost = 1 << 16, kPasses = 32;
  // Numbers of float32 that are alive at a time, generously: states, queries, keys and values; GEGLU's two halves and
  // their product; logits of 64 keys or queries three times over.
  const int64_t numbers =
      16 * config.hidden_size() + 3 * config.intermediate_size() + 3 * 64 * config.attention().heads();
  const int64_t tokens = memory / kPasses / (numbers * static_cast<int64_t>(sizeof(float)));
  return std::clamp(tokens, kBatchTokensOfCpus, kMost);
}

}  // namespace tally

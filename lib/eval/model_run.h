// A model as evaluation and prediction use it.
#ifndef TALLY_LIB_EVAL_MODEL_RUN_H_
#define TALLY_LIB_EVAL_MODEL_RUN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/model/model.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// Pointers must outlive the calls that this is given to.
struct ModelRun {
  const Model* model = nullptr;
  const Vocabulary* vocabulary = nullptr;
  int64_t recurrences = 0;  // 0: as trained
  uint64_t seed = 0;        // of random initial states, and of sampled answers
  int64_t offset = -1;      // of a digit table; -1: as configured
  double logit_factor = 1;  // on all attention logits
};

// The ids of `text`. BadInput for characters outside of the vocabulary or numbers longer than the position table.
absl::StatusOr<std::vector<uint8_t>> EncodeLine(const ModelRun& run, absl::string_view text);

// UsageError where `run` has an offset, and its model no table that it would move.
absl::Status CheckOffset(const ModelRun& run);

// BadInput where `ids` do not fit the model's position table.
absl::Status CheckFits(const ModelRun& run, const int64_t* ids, int64_t length);

// Most tokens that a line with a prompt of `prompt` tokens may have as an input. LEARNED_RAND draws positions for twice
// the prompt, so that they do not depend on the answer; a table's other limits are CheckFits'.
int64_t LineRoom(const ModelRun& run, int64_t prompt);

// The input for ids [batch, seq], a tensor that must outlive it. samples[b] numbers the problem of row b, for random
// draws; LEARNED_RAND draws lengths[b] positions for it. `cache`: as ModelInput has it.
ModelInput InputOf(const ModelRun& run, const at::Tensor& ids, const std::vector<uint64_t>& samples,
                   const std::vector<int64_t>& lengths, KeyValueCache* cache = nullptr);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_MODEL_RUN_H_

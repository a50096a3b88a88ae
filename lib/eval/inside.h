// What a model computes on the way to an answer, as files for people to look at.
#ifndef TALLY_LIB_EVAL_INSIDE_H_
#define TALLY_LIB_EVAL_INSIDE_H_

#include <string>

#include "absl/status/status.h"
#include "lib/eval/model_run.h"

namespace tally {

// Most numbers of a file.
inline constexpr int64_t kMostInside = int64_t{1} << 28;

// Writes what `run` computes for `line`, a problem with an answer, to safetensors files (docs/formats/inside.md); "":
// not that one.
//
//   attention       attention     [recurrence, layer, head, query, key]: softmax of the logits
//   hidden_states   hidden_states [recurrence, token, feature]: the state after each recurrence, before the head's norm
//
// all float32. BadInput as EncodeLine; UsageError where either would be more than kMostInside
// numbers.
absl::Status WriteInside(const ModelRun& run, const std::string& line, const std::string& attention,
                         const std::string& hidden_states);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_INSIDE_H_

// Rounds of recurrences: models that give each operand of a line one (ModelConfig.EVERY_OPERAND).
//
// Where variables alone are handed on, and they live in the answer, the tokens before it begin every recurrence anew:
// what they compute depends on its number in its round alone. So a pass without gradient over sequences of one round
// length computes them for a single round:
//   1. The tokens before the first answer go through one round, and leave keys and values of each of its recurrences.
//   2. The others go through all rounds, and find these.
//   3. A cache that is filled for tokens still to come holds them for each recurrence of all rounds.
#ifndef TALLY_LIB_MODEL_ROUNDS_H_
#define TALLY_LIB_MODEL_ROUNDS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/model/model.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// The recurrences that each operand has, where they have so many digits: one for each digit of the longest, and one.
int64_t RoundLength(const std::vector<int64_t>& operand_digits);

// The same for each sequence of ids [batch, seq] -> [batch]; undefined for models without rounds that their attention
// counts from.
at::Tensor RoundLengths(const ModelConfig& config, const at::Tensor& ids);

// What step 1 above needs, beside the input.
struct CommonRound {
  int64_t length = 0;  // recurrences of a round; 0: the pass cannot be made in this way
  int64_t tokens = 0;  // tokens before the first answer of any sequence
};
// That of a whole pass over answers, without gradient, of sequences whose rounds are equal; of others the length is 0.
CommonRound RoundOf(const ModelConfig& config, const ModelInput& input);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_ROUNDS_H_

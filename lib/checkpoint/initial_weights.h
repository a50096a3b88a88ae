// A new model that begins with the weights of another one: what fits is copied, what does not is told.
//
//   1. A parameter of the same name and shape is copied.
//   2. One with a row for each token, where the vocabularies differ, is copied row by row: a token's row is that of the
//      token with the same text.
//   3. Everything else keeps the value of its own initialiser: parameters that the source does not have, or has in
//      another shape, and rows of tokens that it does not know.
#ifndef TALLY_LIB_CHECKPOINT_INITIAL_WEIGHTS_H_
#define TALLY_LIB_CHECKPOINT_INITIAL_WEIGHTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/model/model.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// Where a model's weights came from. Names of parameters are the model's own.
struct InitialWeights {
  std::string file;  // that holds them
  std::string hash;  // XXH3 (64 bits) of it, 16 hexadecimal digits
  int64_t step = 0;  // of the source's training; 0 where not known
  std::vector<std::string> copied;
  std::vector<std::string> by_token;  // "embedding.words, 17 of 25 tokens"
  std::vector<std::string> fresh;     // the new model's alone
  std::vector<std::string> left_out;  // the source's alone

  // All of it, a line each: "copied   block.layers.0.norm1.weight".
  std::string Text() const;

  // "FILE at step 2000: 14 parameters copied, 2 by token, new: state.heads.weight; left out: none".
  std::string Summary() const;
};

// Copies what fits of the model at `path` (a run, a checkpoint, one of the reference) into `model`, which reads
// `vocabulary`. UsageError where nothing fits; errors of LoadModel.
absl::StatusOr<InitialWeights> InitialiseFrom(const std::string& path, const Vocabulary& vocabulary, Model* model);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_INITIAL_WEIGHTS_H_

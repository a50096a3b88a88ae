// What a checkpoint says about its model, apart from the parameters: config.json and tokenizer.json.
#ifndef TALLY_LIB_CHECKPOINT_MODEL_CARD_H_
#define TALLY_LIB_CHECKPOINT_MODEL_CARD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lib/dataset/data_format.h"
#include "lib/model/model_config.pb.h"

namespace tally {

struct ModelCard {
  ModelConfig config;
  DataFormat data;   // of training
  int64_t step = 0;  // of training; 0 where not known
};

// The text of config.json: the reference's fields, and Tally's own under "tally".
std::string ModelCardToJson(const ModelCard& card);

// The card in a checkpoint folder: config.json and tokenizer.json, or the reference's model_config.json, whose
// vocabulary is told by its size. BadInput names the file and the field; MissingInput where there is neither file.
absl::StatusOr<ModelCard> ReadModelCard(const std::string& folder);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_MODEL_CARD_H_

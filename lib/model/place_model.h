// A model on the device and in the precision that flags ask for.
#ifndef TALLY_LIB_MODEL_PLACE_MODEL_H_
#define TALLY_LIB_MODEL_PLACE_MODEL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/model/model.h"

namespace tally {

// Model::Place with names as in --device and --precision (precision.h). UsageError where they cannot be had.
absl::Status PlaceModel(absl::string_view device, absl::string_view precision, Model* model);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_PLACE_MODEL_H_

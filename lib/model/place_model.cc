#include "lib/model/place_model.h"

#include "lib/base/status_macros.h"

namespace tally {

absl::Status PlaceModel(absl::string_view device, absl::string_view precision, Model* model) {
  TALLY_ASSIGN_OR_RETURN(const at::Device chosen, ChooseDevice(device));
  TALLY_ASSIGN_OR_RETURN(const Precision parsed, ParsePrecision(precision));
  TALLY_RETURN_IF_ERROR(SetUpPrecision(parsed, chosen));
  model->Place(chosen, parsed);
  return absl::OkStatus();
}

}  // namespace tally

// All that changes from step to step of a run, apart from tensors. Torch-free.
#ifndef TALLY_LIB_RUNS_TRAINER_STATE_H_
#define TALLY_LIB_RUNS_TRAINER_STATE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

struct TrainerState {
  int64_t step = 0;         // steps done
  int64_t problems = 0;     // seen
  int64_t data_begins = 0;  // problems seen before the run came to the data that it has now
  int64_t skipped = 0;      // updates left out because loss or gradient were not finite
  int64_t skipped_in_a_row = 0;
  double seconds = 0;  // of training, pauses between processes not counted

  // Of FP16 (lib/optim/gradient_scale.h).
  double loss_scale = 65536;
  int64_t good_steps = 0;  // passes since the scale last changed

  std::string data;  // BatchSource::Fingerprint of Place()

  // The best evaluation so far; step 0: none yet.
  int64_t best_step = 0;
  double best_exact = 0, best_loss = 0;

  int64_t exact_in_a_row = 0;  // evaluations that reached train.stop_at_exact, the last ones
  double stop_at_exact = -1;   // what it was for these; below 0: an older checkpoint does not say

  // The number in the source's order with which the next batch begins.
  int64_t Place() const { return problems - data_begins; }
};

// The state as metadata of trainer.safetensors, and back: numbers return bit for bit. BadInput, beginning with
// `source`, names the key that is missing or no number. Older checkpoints lack some: the loss scale's two,
// exact_in_a_row, stop_at_exact and data_begins.
std::map<std::string, std::string> StateToMetadata(const TrainerState& state);
absl::StatusOr<TrainerState> StateFromMetadata(const std::map<std::string, std::string>& metadata,
                                               absl::string_view source);

}  // namespace tally

#endif  // TALLY_LIB_RUNS_TRAINER_STATE_H_

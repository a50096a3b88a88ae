// Checkpoint folders: Tally's own, and the reference's.
//
//   RUN/checkpoints/step_00001000/   model.safetensors    parameters under the reference's names
//                                    config.json          the reference's fields; Tally's own under "tally"
//                                    model_config.json    a link to config.json: the name that the reference looks for
//                                    tokenizer.json       the vocabulary
//                                    trainer.safetensors  what training needs to continue (lib/train)
//                                    DONE                 written last: the folder is whole
//   RUN/checkpoints/latest           symbolic link to the newest whole one
//   RUN/checkpoints/best             symbolic link to the one that evaluation found best, where there is one
//
// Writing (SaveCheckpoint), complete or absent:
//   1. Make `.step_N.tmp`, after removing what an earlier, killed run left under that name.
//   2. Write each file, fsync it; DONE last; fsync the folder.
//   3. Rename the folder to step_N (an existing one of that name is removed first, its DONE before all else), fsync
//      `checkpoints`.
//   4. Make the link `.latest.tmp`, rename it over `latest`, fsync `checkpoints`.
// A folder without DONE is never opened. The reference's folders have a model_config.json that says nothing under
// "tally", and no DONE; those that it writes in between hold their parameters in state_dict.pth.
#ifndef TALLY_LIB_CHECKPOINT_CHECKPOINT_H_
#define TALLY_LIB_CHECKPOINT_CHECKPOINT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/checkpoint/model_card.h"
#include "lib/checkpoint/model_tensors.h"
#include "lib/model/model.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

struct LoadedModel {
  ModelCard card;
  std::unique_ptr<Model> model;
  std::string folder;  // of the checkpoint, links followed
};

// The folder of the checkpoint that `path` means: a run (its latest checkpoint), one checkpoint, or either of the
// reference. MissingInput where there is none, BadInput for a folder that is not whole.
absl::StatusOr<std::string> FindCheckpoint(const std::string& path);

// Opens the model at `path` (see FindCheckpoint). BadInput where files are missing or damaged, options are unknown, or
// a parameter is missing, unknown or of another shape.
absl::StatusOr<LoadedModel> LoadModel(const std::string& path);

// Writes a checkpoint of `model` into `run`/checkpoints/step_N with N = card.step; `trainer` may be empty.
absl::Status SaveCheckpoint(const std::string& run, const ModelCard& card, const Model& model,
                            const std::map<std::string, TensorView>& trainer,
                            const std::map<std::string, std::string>& trainer_metadata);

// Points `best` to the checkpoint of `step`; does nothing where that is not there. CannotCreate, IoError.
absl::Status LinkBestCheckpoint(const std::string& run, int64_t step);

// Which checkpoints stay.
struct KeepRule {
  int64_t last = 0;         // the newest ones, as many as this; 0: all
  int64_t every_steps = 0;  // those of multiples of this number of steps; 0: none
  int64_t best = 0;         // that of this step; 0: none
};

// Removes all whole checkpoints of the run that no part of `rule` keeps.
absl::Status RemoveOldCheckpoints(const std::string& run, const KeepRule& rule);

// Removes what killed processes have left: folders and links with names of steps 1 and 4 above, temporary files of the
// run's own, checkpoints without DONE. Only for the process that alone writes into the run.
absl::Status RemoveUnfinished(const std::string& run);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_CHECKPOINT_H_

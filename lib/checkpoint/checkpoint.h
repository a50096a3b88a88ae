// A model in a checkpoint folder, Tally's own or the reference's (checkpoint_folders.h says where they are).
//
//   model.safetensors    parameters under the reference's names
//   config.json          the reference's fields; Tally's own under "tally"
//   model_config.json    a link to config.json: the name that the reference looks for
//   tokenizer.json       the vocabulary
//   trainer.safetensors  what training needs to continue (lib/runs)
//   DONE                 hashes of the others (done_file.h)
#ifndef TALLY_LIB_CHECKPOINT_CHECKPOINT_H_
#define TALLY_LIB_CHECKPOINT_CHECKPOINT_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/checkpoint/checkpoint_folders.h"
#include "lib/checkpoint/model_card.h"
#include "lib/checkpoint/model_tensors.h"
#include "lib/model/model.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

struct LoadedModel {
  ModelCard card;
  std::unique_ptr<Model> model;
  std::string folder;        // of the checkpoint, links followed
  std::string weights_file;  // in it
};

// The names of all files of a checkpoint that are read; trainer.safetensors only to continue.
std::vector<std::string> CheckpointFiles();

// Opens the model at `path` (see FindCheckpoint). BadInput where files are missing, damaged, or not those of which DONE
// has the hashes, options are unknown, or a parameter is missing, unknown or of another shape. With `accept_edits`
// hashes are not looked at.
absl::StatusOr<LoadedModel> LoadModel(const std::string& path, bool accept_edits = false);

// Writes a checkpoint of `model` into `run`/checkpoints/step_N with N = card.step, whole or not at all; `trainer` may
// be empty. CannotCreate, IoError.
absl::Status SaveCheckpoint(const std::string& run, const ModelCard& card, const Model& model,
                            const std::map<std::string, TensorView>& trainer,
                            const std::map<std::string, std::string>& trainer_metadata);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_CHECKPOINT_H_

// The folders of a run's checkpoints: found, made whole or not at all, linked, removed. Torch-free; what is in them is
// checkpoint.h's.
//
//   RUN/checkpoints/step_00001000/   a checkpoint; its DONE is written last: the folder is whole
//   RUN/checkpoints/latest           symbolic link to the newest whole one
//   RUN/checkpoints/best             symbolic link to the one that evaluation found best, where there is one
//
// Writing, complete or absent:
//   1. NewCheckpointFolder makes `.step_N.tmp`, after removing what an earlier, killed run left under that name.
//   2. The caller writes each file and flushes it to disk.
//   3. PublishCheckpoint writes DONE, renames the folder to step_N (an existing one of that name is removed first, its
//      DONE before all else), and flushes `checkpoints`.
//   4. Then it makes the link `.latest.tmp`, renames it over `latest`, and flushes `checkpoints`.
// A run whose `latest` was lost, as by a copy without links, goes on from the whole checkpoint of the most steps.
// A folder without DONE is never opened, unless the reference wrote it: its folders have a model_config.json that has
// nothing under "tally"; those that it writes in between hold their parameters in state_dict.pth.
#ifndef TALLY_LIB_CHECKPOINT_CHECKPOINT_FOLDERS_H_
#define TALLY_LIB_CHECKPOINT_CHECKPOINT_FOLDERS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tally {

// The folder of the checkpoint that `path` means: a run (its latest checkpoint), one checkpoint, or either of the
// reference. MissingInput where there is none, BadInput for a folder that is not whole, IoError.
absl::StatusOr<std::string> FindCheckpoint(const std::string& path);

// Whether the run has a checkpoint that FindCheckpoint opens, or says what is wrong with. IoError.
absl::StatusOr<bool> HasCheckpoint(const std::string& run);

// Whether the reference wrote `folder`.
bool IsReferenceFolder(const std::string& folder);

// An empty folder for the files of the run's checkpoint of `step`. CannotCreate.
absl::StatusOr<std::string> NewCheckpointFolder(const std::string& run, int64_t step);

// Makes that folder, which holds all its files, the run's whole and latest checkpoint. CannotCreate, IoError.
absl::Status PublishCheckpoint(const std::string& run, int64_t step);

// Points `best` to the checkpoint of `step`; does nothing where that is not there. CannotCreate, IoError.
absl::Status LinkBestCheckpoint(const std::string& run, int64_t step);

// Which checkpoints stay.
struct KeepRule {
  int64_t last = 0;         // the newest ones, as many as this; 0: all
  int64_t every_steps = 0;  // those of multiples of this number of steps; 0: none
  int64_t best = 0;         // that of this step; 0: none
};

// Removes all whole checkpoints of the run that no part of `rule` keeps, but for the one that `latest` points to.
absl::Status RemoveOldCheckpoints(const std::string& run, const KeepRule& rule);

// Removes what killed processes have left: folders and links with names of steps 1 and 4 above, temporary files of the
// run's own, checkpoints without DONE, unless one is all that
// the run has. Only for the process that alone writes into the run. CannotCreate, IoError.
absl::Status RemoveUnfinished(const std::string& run);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_CHECKPOINT_FOLDERS_H_

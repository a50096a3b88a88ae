#include "lib/runs/checkpoint_manager.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/runs/run_checkpoints.h"

namespace tally {

bool NoteIfBest(const ValidationMetrics& now, TrainerState* state) {
  const bool best = state->best_step == 0 || now.exact > state->best_exact ||
                    (now.exact == state->best_exact && now.loss < state->best_loss);
  if (!best) return false;
  state->best_step = state->step;
  state->best_exact = now.exact;
  state->best_loss = now.loss;
  return true;
}

CheckpointManager::CheckpointManager(std::string run, const RunConfig* config, const RunParts& parts, bool writes)
    : run_(std::move(run)), config_(*config), parts_(parts), writes_(writes), last_save_(absl::Now()) {}

absl::Status CheckpointManager::Open(bool resume, absl::FunctionRef<absl::Status()> before_new, TrainerState* state) {
  TALLY_RETURN_IF_ERROR(CheckMayTrainIn(run_, resume));
  const bool exists = RunExists(run_);
  if (exists) {
    TALLY_ASSIGN_OR_RETURN(const RunConfig started, ReadRunConfig(run_));
    TALLY_RETURN_IF_ERROR(CheckSameRun(started, config_));
  } else {
    TALLY_RETURN_IF_ERROR(before_new());
  }
  TALLY_ASSIGN_OR_RETURN(lock_, RunLock::Take(run_));
  TALLY_RETURN_IF_ERROR(RemoveUnfinished(run_));
  TALLY_RETURN_IF_ERROR(WriteRunConfig(run_, config_));
  return exists ? Restore(state) : absl::OkStatus();
}

absl::Status CheckpointManager::Restore(TrainerState* state) {
  const absl::StatusOr<std::string> folder = FindCheckpoint(run_);
  if (absl::IsNotFound(folder.status())) return absl::OkStatus();  // stopped before its first checkpoint
  if (!folder.ok()) return folder.status();
  TALLY_ASSIGN_OR_RETURN(*state, RestoreRun(*folder, parts_.model, parts_.optimizer, parts_.ema));
  saved_step_ = state->step;
  if (writes_) {
    LogLine(absl::StrFormat("continuing %s from step %d", run_, state->step));
    // A process that was killed after saving may not have come to the link.
    if (state->best_step > 0) TALLY_RETURN_IF_ERROR(LinkBestCheckpoint(run_, state->best_step));
  }
  return CheckSameData(*state);
}

absl::Status CheckpointManager::CheckSameData(const TrainerState& state) const {
  TALLY_ASSIGN_OR_RETURN(const std::string data, parts_.source->Fingerprint(state.problems));
  if (data == state.data) return absl::OkStatus();
  return BadInputError(absl::StrCat("found other training data, ", data, ", expected the run's own, ", state.data));
}

bool CheckpointManager::SaveIsDue(const TrainerState& state) const {
  const TrainConfig& train = config_.train();
  if (train.save_every_steps() > 0 && state.step % train.save_every_steps() == 0) return true;
  return train.save_every_minutes() > 0 && absl::Now() - last_save_ >= absl::Minutes(train.save_every_minutes());
}

// A stream shows the lengths of its operands as they come, so the card is made for each checkpoint.
ModelCard CheckpointManager::Card() const {
  const DataFacts& data = parts_.source->facts();
  ModelCard card;
  card.config = parts_.model->config();
  card.vocabulary = data.vocabulary;
  card.format = data.format;
  card.trained_first = data.first_operand;
  card.trained_second = data.second_operand;
  return card;
}

absl::Status CheckpointManager::Save(TrainerState* state) {
  if (!writes_ || saved_step_ == state->step) return absl::OkStatus();
  TALLY_ASSIGN_OR_RETURN(state->data, parts_.source->Fingerprint(state->problems));
  TALLY_RETURN_IF_ERROR(SaveRun(run_, Card(), *state, *parts_.model, parts_.optimizer, parts_.ema));
  if (state->best_step == state->step) TALLY_RETURN_IF_ERROR(LinkBestCheckpoint(run_, state->step));
  saved_step_ = state->step;
  last_save_ = absl::Now();
  const TrainConfig& train = config_.train();
  return RemoveOldCheckpoints(run_, {train.keep_last(), train.keep_every_steps(), state->best_step});
}

}  // namespace tally

#include "lib/runs/checkpoint_manager.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/steady_clock.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/checkpoint_folders.h"
#include "lib/checkpoint/done_file.h"
#include "re2/re2.h"

namespace tally {

namespace {

// A fingerprint of several data sets as older checkpoints have it.
std::string WithoutWeights(std::string fingerprint) {
  RE2::GlobalReplace(&fingerprint, ", weight [^;]*", "");
  return fingerprint;
}

}  // namespace

bool NoteIfBest(const ValidationMetrics& now, TrainerState* state) {
  const bool best = state->best_step == 0 || now.exact > state->best_exact ||
                    (now.exact == state->best_exact && now.loss < state->best_loss);
  if (!best) return false;
  state->best_step = state->step;
  state->best_exact = now.exact;
  state->best_loss = now.loss;
  return true;
}

CheckpointManager::CheckpointManager(std::string run, const RunConfig& config, const RunParts& parts,
                                     const RunAccess& access)
    : run_(std::move(run)), config_(config), parts_(parts), access_(access) {}

absl::Status CheckpointManager::Open(TrainerState* state) {
  TALLY_RETURN_IF_ERROR(CheckMayTrainIn(run_, access_.resume));
  TALLY_ASSIGN_OR_RETURN(lock_, RunLock::Take(run_));
  TALLY_ASSIGN_OR_RETURN(const bool exists, RunExists(run_));
  if (exists) TALLY_RETURN_IF_ERROR(CheckSameConfig());
  TALLY_RETURN_IF_ERROR(RemoveUnfinished(run_));
  if (exists) TALLY_RETURN_IF_ERROR(Restore(state));
  TALLY_RETURN_IF_ERROR(WriteRunConfig(run_, config_));  // last: what cannot be continued stays as it was
  return saved_step_ < 0 ? absl::OkStatus() : RemoveOld(run_, *state);  // which a killed process may not have come to
}

absl::Status CheckpointManager::CheckSameConfig() const {
  TALLY_RETURN_IF_ERROR(CheckMayTrainIn(run_, access_.resume));  // another process may just have started the run
  TALLY_ASSIGN_OR_RETURN(const RunConfig started, ReadRunConfig(run_, access_.accept_edits));
  RunConfig now = config_;
  if (access_.change_data) *now.mutable_data() = started.data();
  TALLY_RETURN_IF_ERROR(CheckSameData(started, now, "; --change_data goes on with others"));
  return CheckSameRun(started, now);
}

absl::Status CheckpointManager::Restore(TrainerState* state) {
  TALLY_ASSIGN_OR_RETURN(const bool has_any, HasCheckpoint(run_));
  if (!has_any) return absl::OkStatus();  // stopped before its first checkpoint
  TALLY_ASSIGN_OR_RETURN(const std::string folder, FindCheckpoint(run_));
  if (access_.change_data) TALLY_RETURN_IF_ERROR(CheckSameVocabulary(folder));
  TALLY_RETURN_IF_ERROR(RestoreFrom(folder, state));
  saved_step_ = state->step;
  saved_seconds_ = state->seconds;
  if (access_.writes) {
    LogLine(absl::StrFormat("continuing %s from step %d", run_, state->step));
    // A process that was killed after saving may not have come to the link.
    if (state->best_step > 0) TALLY_RETURN_IF_ERROR(LinkBestCheckpoint(run_, state->best_step));
  }
  return CheckData(state);
}

absl::Status CheckpointManager::RestoreFrom(const std::string& folder, TrainerState* state) {
  if (!access_.accept_edits) TALLY_RETURN_IF_ERROR(CheckDoneFile(folder, CheckpointFiles()));
  TALLY_ASSIGN_OR_RETURN(const auto trainer, SafetensorsFile::Open(folder + "/trainer.safetensors"));
  TALLY_ASSIGN_OR_RETURN(*state, StateFromMetadata(trainer->metadata(), trainer->path()));
  TALLY_ASSIGN_OR_RETURN(const auto parameters, SafetensorsFile::Open(folder + "/model.safetensors"));
  TALLY_RETURN_IF_ERROR(LoadParameters(parameters->tensors(), parameters->path(), parts_.model));
  UseParameterNames(*parts_.model, trainer.get());
  TALLY_RETURN_IF_ERROR(parts_.optimizer->Restore(*trainer, state->step));
  return parts_.ema == nullptr ? absl::OkStatus() : parts_.ema->Restore(*trainer);
}

// Data that a run was told to go on with begin with their first example; a run that is continued once more is in the
// midst of them.
absl::Status CheckpointManager::CheckData(TrainerState* state) const {
  TALLY_ASSIGN_OR_RETURN(const std::string data, parts_.source->Fingerprint(state->Place()));
  if (data == state->data || WithoutWeights(data) == state->data) return absl::OkStatus();
  if (!access_.change_data) {
    return BadInputError(absl::StrCat("found other training data, ", data, ", expected the run's own, ", state->data,
                                      "; --change_data goes on with them"));
  }
  if (access_.writes) LogLine(absl::StrCat("goes on with other data, ", data, ", after ", state->data));
  state->data_begins = state->problems;
  return absl::OkStatus();
}

absl::Status CheckpointManager::CheckSameVocabulary(const std::string& folder) const {
  TALLY_ASSIGN_OR_RETURN(const ModelCard card, ReadModelCard(folder));
  const Vocabulary &model = card.data.vocabulary, &data = parts_.source->facts().format.vocabulary;
  if (model.ToJson() == data.ToJson()) return absl::OkStatus();
  return BadInputError(absl::StrCat("the data have the vocabulary \"", data.name(), "\", expected the model's, \"",
                                    model.name(), "\"; --init_from begins a run with its weights by token"));
}

bool CheckpointManager::SaveIsDue(const TrainerState& state) const {
  const TrainConfig& train = config_.train();
  if (train.save_every_steps() > 0 && state.step % train.save_every_steps() == 0) return true;
  return train.save_every_minutes() > 0 && state.seconds - saved_seconds_ >= 60 * train.save_every_minutes();
}

// A stream shows the lengths of its operands as they come, so the card is made for each checkpoint.
ModelCard CheckpointManager::Card(int64_t step) const {
  ModelCard card;
  card.config = parts_.model->config();
  card.data = parts_.source->facts().format;
  card.step = step;
  return card;
}

absl::Status CheckpointManager::Write(const std::string& run, const TrainerState& state) const {
  std::map<std::string, TensorView> tensors = parts_.optimizer->State();
  std::optional<Ema::Averages> averages;
  if (parts_.ema != nullptr) tensors.merge(averages.emplace(parts_.ema).State());
  return SaveCheckpoint(run, Card(state.step), *parts_.model, tensors, StateToMetadata(state));
}

absl::Status CheckpointManager::Save(TrainerState* state) {
  saved_seconds_ = state->seconds;
  if (!access_.writes || saved_step_ == state->step) return absl::OkStatus();
  TALLY_ASSIGN_OR_RETURN(std::string place, lock_->Place());
  absl::Status status = SaveIn(place, state);
  if (!status.ok()) {
    // It may have been moved while it was saved.
    TALLY_ASSIGN_OR_RETURN(const std::string now, lock_->Place());
    if (now == place) return status;
    place = now;
    TALLY_RETURN_IF_ERROR(SaveIn(place, state));
  }
  if (place == run_) return absl::OkStatus();
  return CannotCreateError(absl::StrCat(run_, ": was moved to ", place,
                                        " while it was trained; saved there after step ", state->step,
                                        ", --out=", place, " --resume continues"));
}

absl::Status CheckpointManager::SaveIn(const std::string& run, TrainerState* state) {
  TALLY_ASSIGN_OR_RETURN(state->data, parts_.source->Fingerprint(state->Place()));
  TALLY_RETURN_IF_ERROR(Write(run, *state));
  if (state->best_step == state->step) TALLY_RETURN_IF_ERROR(LinkBestCheckpoint(run, state->step));
  saved_step_ = state->step;
  return RemoveOld(run, *state);
}

absl::Status CheckpointManager::RemoveOld(const std::string& run, const TrainerState& state) const {
  const TrainConfig& train = config_.train();
  return RemoveOldCheckpoints(run, {train.keep_last(), train.keep_every_steps(), state.best_step});
}

}  // namespace tally

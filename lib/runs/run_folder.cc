#include "lib/runs/run_folder.h"

#include <google/protobuf/util/message_differencer.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/folder.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/done_file.h"
#include "lib/config/options.h"
#include "lib/model/validate.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

std::string ConfigPath(const std::string& run) { return run + "/config.textproto"; }

// Whether a file of this name holds parameters, Tally's, the reference's or PyTorch's.
bool HoldsParameters(const std::string& name) {
  return absl::EndsWith(name, ".pth") || absl::EndsWith(name, ".pt") || name == "model.safetensors" ||
         name == "pytorch_model.bin";
}

// Whether a file of this name comes with a model: its parameters, or what it is.
bool BelongsToModel(const std::string& name) {
  return HoldsParameters(name) || name == "config.json" || name == "model_config.json";
}

// The names in `folder`; none where it is no folder, or none that may be read. IoError.
absl::StatusOr<std::vector<std::string>> EntriesOf(const fs::path& folder) {
  if (access(folder.c_str(), R_OK) != 0 && errno == EACCES) return std::vector<std::string>();
  return ListFolder(folder);
}

// The first name, in alphabetical order, of an entry of `folder` that `chosen` asks for; empty: none, or no folder.
absl::StatusOr<std::string> FirstEntry(const fs::path& folder, bool (*chosen)(const std::string& name)) {
  std::string first;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, EntriesOf(folder));
  for (const std::string& name : names) {
    if (chosen(name) && (first.empty() || name < first)) first = name;
  }
  return first;
}

// What shows that `folder` holds a model, relative to it: a file of one, a folder `checkpoints` that is not empty, or
// the parameters in a folder below it; empty: none.
absl::StatusOr<std::string> ModelIn(const fs::path& folder) {
  TALLY_ASSIGN_OR_RETURN(const std::string file, FirstEntry(folder, BelongsToModel));
  if (!file.empty()) return file;
  TALLY_ASSIGN_OR_RETURN(const std::string checkpoint,
                         FirstEntry(folder / "checkpoints", [](const std::string&) { return true; }));
  if (!checkpoint.empty()) return "checkpoints/" + checkpoint;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, EntriesOf(folder));
  for (const std::string& name : names) {
    TALLY_ASSIGN_OR_RETURN(const std::string below, FirstEntry(folder / name, HoldsParameters));
    if (!below.empty()) return absl::StrCat(name, "/", below);
  }
  return "";
}

}  // namespace

absl::StatusOr<bool> RunExists(const std::string& run) { return CheckExists(ConfigPath(run)); }

absl::Status CheckMayTrainIn(const std::string& run, bool resume) {
  TALLY_ASSIGN_OR_RETURN(const bool exists, RunExists(run));
  if (exists) {
    return resume ? absl::OkStatus()
                  : CannotCreateError(absl::StrCat(run, ": holds a run already; --resume continues it"));
  }
  TALLY_ASSIGN_OR_RETURN(const std::string found, ModelIn(run));
  if (found.empty()) return absl::OkStatus();
  return CannotCreateError(absl::StrCat(run, ": found ", found, ", a model, and no config.textproto of a run",
                                        resume ? " to continue" : "", "; expected a new folder for --out"));
}

absl::StatusOr<RunConfig> ReadRunConfig(const std::string& run, bool accept_edits) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(ConfigPath(run), kMaxConfigBytes));
  const HashLine hash = CheckHashLine(text);
  RunConfig config;
  if (hash != HashLine::kWrong || accept_edits) {
    TALLY_RETURN_IF_ERROR(MergeConfigText(text, ConfigPath(run), &config));
  }
  const bool hashed = hash != HashLine::kNone || config.model().has_format();
  if (hashed && hash != HashLine::kRight && !accept_edits) {
    return WrongHashLineError(ConfigPath(run), "--set changes a field, --accept_edits takes the file as it is");
  }
  TALLY_RETURN_IF_ERROR(UpgradeModelConfig(ConfigPath(run), config.mutable_model()));
  return config;
}

absl::Status CheckSameData(const RunConfig& started, const RunConfig& now, absl::string_view otherwise) {
  const std::string before = absl::StrJoin(started.data(), ", "), data = absl::StrJoin(now.data(), ", ");
  if (data == before) return absl::OkStatus();
  return UsageError(absl::StrCat("a continued run keeps its data: found ", data, ", expected ", before, otherwise));
}

absl::Status CheckSameRun(const RunConfig& started, const RunConfig& now) {
  TALLY_RETURN_IF_ERROR(CheckSameData(started, now, ""));
  RunConfig a = started, b = now;
  ClearWhatMayChangeOnResume(&a);
  ClearWhatMayChangeOnResume(&b);
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_message_field_comparison(google::protobuf::util::MessageDifferencer::EQUIVALENT);
  differencer.ReportDifferencesToString(&difference);
  if (differencer.Compare(a, b)) return absl::OkStatus();
  const std::pair<absl::string_view, absl::string_view> first = absl::StrSplit(difference, absl::MaxSplits('\n', 1));
  return UsageError(absl::StrCat("a continued run keeps its configuration: ", first.first));
}

absl::Status ValidateTrainConfig(const TrainConfig& config) {
  TALLY_RETURN_IF_ERROR(CheckRanges(config, "train."));
  const ScheduleConfig& schedule = config.schedule();
  if (schedule.kind() == ScheduleConfig::INVERSE_SQRT && schedule.warmup_fraction() == 0) {
    return UsageError(
        "train.schedule.kind INVERSE_SQRT falls from the end of the warm-up; expected a "
        "train.schedule.warmup_fraction above 0");
  }
  if (schedule.batch_ramp_fraction() > 0 && config.microbatch_size() == 0) {
    return UsageError(
        "train.schedule.batch_ramp_fraction grows the batch by microbatches; expected a train.microbatch_size above 0");
  }
  if (config.steps() == 0 && config.minutes() == 0) {
    return UsageError("no budget: set train.steps (--steps) or train.minutes (--minutes)");
  }
  if (config.eval_every_steps() > 0 && config.validation_data().empty()) {
    return UsageError("train.eval_every_steps needs a token data set, train.validation_data");
  }
  if (config.stop_at_exact() > 0 && config.eval_every_steps() == 0) {
    return UsageError("train.stop_at_exact needs validations; expected train.eval_every_steps above 0");
  }
  return absl::OkStatus();
}

absl::Status WriteRunConfig(const std::string& run, const RunConfig& config) {
  std::error_code error;
  fs::create_directories(run, error);
  if (error) return CannotCreateError(absl::StrCat(run, ": ", error.message()));
  RunConfig whole = config;
  FillDefaults(&whole);  // which may be others one day
  return WriteFile(ConfigPath(run), WithHashLine(PrintConfig(whole)));
}

absl::Status LogOverrides(const std::string& run, int64_t step, const std::vector<Override>& overrides) {
  if (step > 0 && overrides.empty()) return absl::OkStatus();
  const std::string path = run + "/overrides.txt";
  TALLY_ASSIGN_OR_RETURN(std::string text, ReadIfThere(path));
  absl::StrAppend(&text, step == 0 ? "started\n" : absl::StrCat("continued after step ", step, "\n"));
  for (const Override& change : overrides) absl::StrAppend(&text, "  ", OverrideText(change), "\n");
  return WriteFile(path, text);
}

}  // namespace tally

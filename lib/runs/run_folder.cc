#include "lib/runs/run_folder.h"

#include <fcntl.h>
#include <google/protobuf/util/message_differencer.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"
#include "lib/config/options.h"

namespace tally {
namespace {

std::string ConfigPath(const std::string& run) { return run + "/config.textproto"; }

}  // namespace

bool RunExists(const std::string& run) {
  std::error_code error;
  return std::filesystem::exists(ConfigPath(run), error);
}

absl::StatusOr<RunConfig> ReadRunConfig(const std::string& run) {
  RunConfig config;
  TALLY_RETURN_IF_ERROR(MergeConfigFile(ConfigPath(run), &config));
  // A run's configuration has every field; one that lacks these is older than they are, and goes on without them.
  AttentionConfig* const attention = config.mutable_model()->mutable_attention();
  if (!attention->has_log_power()) attention->set_log_power(1);
  if (!attention->has_far_key_bias_jitter()) attention->set_far_key_bias_jitter(0);
  return config;
}

absl::Status CheckSameRun(const RunConfig& started, const RunConfig& now) {
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
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RunLock>> RunLock::Take(const std::string& run) {
  std::error_code error;
  std::filesystem::create_directories(run, error);
  if (error) return CannotCreateError(absl::StrCat(run, ": ", error.message()));
  const int fd = open(run.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return OpenError(run, errno, /*writing=*/true);
  // Some network file systems have no locks on folders; nothing is lost there but this check.
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(fd);
    return CannotCreateError(absl::StrCat(run, ": another process trains this run"));
  }
  return std::unique_ptr<RunLock>(new RunLock(fd));
}

RunLock::~RunLock() { close(fd_); }

absl::Status WriteRunConfig(const std::string& run, const RunConfig& config) {
  std::error_code error;
  std::filesystem::create_directories(run, error);
  if (error) return CannotCreateError(absl::StrCat(run, ": ", error.message()));
  RunConfig whole = config;
  FillDefaults(&whole);  // which may be others one day
  return WriteFile(ConfigPath(run), PrintConfig(whole));
}

}  // namespace tally

#include "lib/runs/run_folder.h"

#include <fcntl.h>
#include <google/protobuf/util/message_differencer.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "lib/config/config.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

std::string ConfigPath(const std::string& run) { return run + "/config.textproto"; }

void ClearWhatMayDiffer(RunConfig* config) {
  TrainConfig* train = config->mutable_train();
  train->clear_steps();
  train->clear_minutes();
  train->clear_log_every_steps();
  train->clear_save_every_steps();
  train->clear_save_every_minutes();
  train->clear_keep_last();
  train->clear_keep_every_steps();
  train->clear_tensorboard();
  train->clear_distributed_timeout_seconds();
}

constexpr double kHuge = 1e15;
constexpr double kBelowOne = 1 - 1e-9;  // 1 - beta divides

struct Bound {
  const char* field;
  double value, min, max;
};

std::vector<Bound> OptimizerBounds(const OptimizerConfig& o) {
  return {
      {"optimizer.muon_learning_rate", o.muon_learning_rate(), 0, kHuge},
      {"optimizer.muon_momentum", o.muon_momentum(), 0, 1},
      {"optimizer.learning_rate", o.learning_rate(), 0, kHuge},
      {"optimizer.beta1", o.beta1(), 0, kBelowOne},
      {"optimizer.beta2", o.beta2(), 0, kBelowOne},
      {"optimizer.epsilon", o.epsilon(), 0, 1},
      {"optimizer.weight_decay", o.weight_decay(), 0, kHuge},
      {"optimizer.momentum", o.momentum(), 0, 1},
      {"optimizer.adafactor_decay", o.adafactor_decay(), 0, 1},
      {"optimizer.adafactor_clip", o.adafactor_clip(), 1e-6, kHuge},
      {"optimizer.sophia_gamma", o.sophia_gamma(), 0, kHuge},
      {"optimizer.hessian_power", o.hessian_power(), 0, 1},
      {"optimizer.hessian_every_steps", static_cast<double>(o.hessian_every_steps()), 1, kHuge},
      {"optimizer.hessian_distance", o.hessian_distance(), 1e-6, 1},
      {"optimizer.shampoo_every_steps", static_cast<double>(o.shampoo_every_steps()), 1, kHuge},
      {"optimizer.agd_gain", o.agd_gain(), 0, kHuge},
      {"optimizer.trust_coefficient", o.trust_coefficient(), 0, kHuge},
      {"optimizer.sam_rho", o.sam_rho(), 0, kHuge},
      {"optimizer.clip_norm", o.clip_norm(), 0, kHuge},
      {"optimizer.clip_value", o.clip_value(), 0, kHuge},
  };
}

std::vector<Bound> ScheduleBounds(const ScheduleConfig& s) {
  return {
      {"schedule.warmup_steps", static_cast<double>(s.warmup_steps()), 0, kHuge},
      {"schedule.warmup_fraction", s.warmup_fraction(), 0, 1},
      {"schedule.decay_fraction", s.decay_fraction(), 0, 1},
      {"schedule.final_fraction", s.final_fraction(), 0, 1},
      {"schedule.power", s.power(), 0, 100},
      {"schedule.cycles", static_cast<double>(s.cycles()), 1, kHuge},
      {"schedule.base_fraction", s.base_fraction(), 0, 1},
      {"schedule.batch_ramp_fraction", s.batch_ramp_fraction(), 0, 1},
  };
}

absl::Status CheckBounds(const std::vector<Bound>& bounds) {
  for (const Bound& bound : bounds) {
    if (bound.value >= bound.min && bound.value <= bound.max) continue;
    return UsageError(
        absl::StrFormat("train.%s is %.10g; expected %.10g..%.10g", bound.field, bound.value, bound.min, bound.max));
  }
  return absl::OkStatus();
}

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
  if (!attention->has_far_jitter()) attention->set_far_jitter(0);
  return config;
}

absl::Status CheckSameRun(const RunConfig& started, const RunConfig& now) {
  RunConfig a = started, b = now;
  ClearWhatMayDiffer(&a);
  ClearWhatMayDiffer(&b);
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_message_field_comparison(google::protobuf::util::MessageDifferencer::EQUIVALENT);
  differencer.ReportDifferencesToString(&difference);
  if (differencer.Compare(a, b)) return absl::OkStatus();
  const std::pair<absl::string_view, absl::string_view> first = absl::StrSplit(difference, absl::MaxSplits('\n', 1));
  return UsageError(absl::StrCat("a continued run keeps its configuration: ", first.first));
}

absl::Status ValidateTrainConfig(const TrainConfig& config) {
  const std::vector<Bound> bounds = {
      {"steps", static_cast<double>(config.steps()), 0, kHuge},
      {"minutes", config.minutes(), 0, kHuge},
      {"batch_size", static_cast<double>(config.batch_size()), 1, 1 << 20},
      {"microbatch_size", static_cast<double>(config.microbatch_size()), 0, 1 << 20},
      {"pool_batches", static_cast<double>(config.pool_batches()), 1, 1 << 20},
      {"threads", static_cast<double>(config.threads()), 0, 4096},
      {"log_every_steps", static_cast<double>(config.log_every_steps()), 1, kHuge},
      {"save_every_steps", static_cast<double>(config.save_every_steps()), 0, kHuge},
      {"save_every_minutes", config.save_every_minutes(), 0, kHuge},
      {"keep_every_steps", static_cast<double>(config.keep_every_steps()), 0, kHuge},
      {"eval_every_steps", static_cast<double>(config.eval_every_steps()), 0, kHuge},
      {"skip_nonfinite", static_cast<double>(config.skip_nonfinite()), 0, kHuge},
      {"max_memory_mb", static_cast<double>(config.max_memory_mb()), 0, kHuge},
      {"distributed_timeout_seconds", config.distributed_timeout_seconds(), 1, 86400},
      {"keep_last", static_cast<double>(config.keep_last()), 0, kHuge},
      {"ema_decay", config.ema_decay(), 0, 1},
      {"loss.progressive_alpha", config.loss().progressive_alpha(), 0, 1},
      {"loss.z_loss", config.loss().z_loss(), 0, kHuge},
      {"loss.label_smoothing", config.loss().label_smoothing(), 0, 1},
  };
  TALLY_RETURN_IF_ERROR(CheckBounds(bounds));
  TALLY_RETURN_IF_ERROR(CheckBounds(OptimizerBounds(config.optimizer())));
  TALLY_RETURN_IF_ERROR(CheckBounds(ScheduleBounds(config.schedule())));
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

#include "lib/runs/training_log.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "lib/base/os/steady_clock.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/runs/event_file.h"
#include "lib/runs/wandb_tracker.h"

namespace tally {

void StateCounts::Add(int64_t number, bool is_right) {
  if (number > static_cast<int64_t>(kRecurrences)) return;
  tokens[number - 1] += 1;
  right[number - 1] += is_right ? 1 : 0;
}

StateCounts& StateCounts::operator+=(const StateCounts& other) {
  for (size_t i = 0; i < kRecurrences; ++i) {
    tokens[i] += other.tokens[i];
    right[i] += other.right[i];
  }
  return *this;
}

StepCounts& StepCounts::operator+=(const StepCounts& other) {
  AnswerCounts::operator+=(other);
  positions += other.positions;
  padding += other.padding;
  entropy += other.entropy;
  state += other.state;
  return *this;
}

std::vector<Score> ScoreSequences(const Batch& batch, int64_t first, int64_t count,
                                  const std::vector<int64_t>& predictions) {
  std::vector<Score> scores;
  const int64_t first_label = batch.FirstLabel(first);
  const absl::Span<const int64_t> labels = batch.labels, got = predictions;
  for (int64_t sequence = first; sequence < first + count; ++sequence) {
    const int64_t from = batch.FirstLabel(sequence), size = batch.FirstLabel(sequence + 1) - from;
    scores.push_back(ScoreAnswer(labels.subspan(from, size), got.subspan(from - first_label, size)));
  }
  return scores;
}

StepCounts CountAsked(const Batch& batch, int64_t first, int64_t count) {
  StepCounts counts;
  counts.tokens = batch.FirstLabel(first + count) - batch.FirstLabel(first);
  counts.problems = count;
  counts.positions = count * batch.length;
  const auto begin = batch.ids.begin() + first * batch.length;
  counts.padding = std::count(begin, begin + counts.positions, kPadId);
  return counts;
}

StepCounts CountRight(const Batch& batch, int64_t first, int64_t count, const std::vector<int64_t>& predictions) {
  StepCounts counts = CountAsked(batch, first, count);
  for (const Score& score : ScoreSequences(batch, first, count, predictions)) {
    counts.tokens_right += score.tokens_right;
    counts.problems_right += score.exact;
  }
  return counts;
}

int64_t LogInterval(int64_t step, int64_t every) {
  // Interval 2^k * every serves kFinestLines lines, so it begins after (2^k - 1) * kFinestLines multiples of `every`.
  return every * static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(step / every / kFinestLines + 1)));
}

TrainingLog::TrainingLog(const TrainConfig* config, std::vector<std::unique_ptr<MetricsSink>> sinks, int64_t examples,
                         std::unique_ptr<DeviceMeter> device)
    : config_(*config),
      sinks_(std::move(sinks)),
      examples_(examples),
      device_(std::move(device)),
      progress_("training", config->minutes() > 0 ? 0 : config->steps()) {
  window_.start = SteadyNow();
}

void TrainingLog::Add(double loss, const StepCounts& counts, double state_loss) {
  window_.steps += 1;
  window_.loss += loss;
  window_.state_loss += state_loss;
  window_.counts += counts;
}

std::string TrainingLog::ProgressDetail(const StepMetrics& m) const {
  std::string detail =
      absl::StrFormat("loss %.4f, exact %.1f %%, %.0f tokens/s", m.loss, 100 * m.exact, m.tokens_per_second);
  if (m.validation) absl::StrAppend(&detail, ", validation exact ", ExactText(*m.validation));
  // Of a budget in steps Progress says it.
  if (config_.minutes() > 0) {
    const double left = std::max(0.0, 60 * config_.minutes() - m.seconds);
    absl::StrAppend(&detail, ", ", absl::FormatDuration(absl::Seconds(static_cast<int64_t>(left))), " left");
  }
  return detail;
}

// What is a mean over the steps since the last line.
void TrainingLog::SetAverages(StepMetrics* m) const {
  const StepCounts& counts = window_.counts;
  const auto steps = static_cast<double>(window_.steps);
  m->loss = window_.loss / steps;
  if (config_.loss().state_weight() > 0) m->state_loss = window_.state_loss / steps;
  for (size_t i = 0; i < StateCounts::kRecurrences; ++i) {
    const auto tokens = static_cast<double>(counts.state.tokens[i]);
    if (tokens > 0) m->state_accuracy.emplace_back(i + 1, static_cast<double>(counts.state.right[i]) / tokens);
  }
  m->token_accuracy = counts.token_accuracy();
  m->exact = counts.exact();
  m->entropy = counts.entropy / static_cast<double>(counts.tokens);
  m->batch_size = static_cast<double>(counts.problems) / steps;
  m->tokens_per_second = (counts.positions - counts.padding) / absl::ToDoubleSeconds(SteadyNow() - window_.start);
  m->padding = static_cast<double>(counts.padding) / counts.positions;
}

// What the machine says now.
void TrainingLog::SetMachine(StepMetrics* m) {
  m->resident_mb = ResidentMegabytes().now;
  m->energy_joules = energy_.Joules();
  if (device_ == nullptr) return;
  if (const auto memory = device_->MemoryMegabytes()) m->device_mb = memory->used;
  m->device_energy_joules = device_->Joules();
}

absl::Status TrainingLog::Write(const TrainerState& state, double learning_rate, double grad_norm,
                                const std::optional<ValidationMetrics>& validation) {
  if (window_.steps == 0 && !validation) return absl::OkStatus();
  StepMetrics m;
  SetAverages(&m);
  m.step = state.step;
  m.seconds = state.seconds;
  m.learning_rate = learning_rate;
  const OptimizerConfig& optimizer = config_.optimizer();
  if (optimizer.kind() == OptimizerConfig::MUON && optimizer.learning_rate() > 0) {
    m.muon_learning_rate = learning_rate / optimizer.learning_rate() * optimizer.muon_learning_rate();
  }
  m.grad_norm = grad_norm;
  m.problems = state.problems;
  if (examples_ > 0) m.epoch = static_cast<double>(state.Place()) / static_cast<double>(examples_);
  m.skipped = state.skipped;
  SetMachine(&m);
  m.validation = validation;
  window_ = Window();
  window_.start = SteadyNow();
  progress_.Update(m.step, ProgressDetail(m));
  for (const auto& sink : sinks_) TALLY_RETURN_IF_ERROR(sink->Append(m));
  return absl::OkStatus();
}

absl::Status TrainingLog::Sync() {
  for (const auto& sink : sinks_) TALLY_RETURN_IF_ERROR(sink->Sync());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TrainingLog>> OpenLog(const std::string& run, int64_t step, const TrainConfig* config,
                                                     bool writes, int64_t examples,
                                                     std::unique_ptr<DeviceMeter> device) {
  std::vector<std::unique_ptr<MetricsSink>> sinks;
  if (writes) {
    TALLY_ASSIGN_OR_RETURN(auto file, MetricsFile::Open(run, step));
    sinks.push_back(std::move(file));
  }
  if (writes && config->tensorboard()) {
    TALLY_ASSIGN_OR_RETURN(auto events, EventFile::Open(run, step, absl::Now()));
    sinks.push_back(std::move(events));
  }
  if (writes && config->tracker() == TrainConfig::WANDB) sinks.push_back(std::make_unique<WandbTracker>(run));
  return std::make_unique<TrainingLog>(config, std::move(sinks), examples, std::move(device));
}

}  // namespace tally

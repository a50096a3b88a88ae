// What a whole training step costs: forward, loss, backward, clipping, optimizer, as `train` runs them.
//
//   1. The configuration is read as `train` reads it; parameters are fresh, or those of --model.
//   2. With --batches_out the first batches are written, for another program to compute the same, and that is all.
//   3. A few first steps, whose losses --losses prints, bring memory and caches into their steady state; then the peak
//      memory of the process is noted.
//   4. Turns: steps for --seconds / --turns, then square matrix products of one size for a moment. The matrix products
//      of a step are counted by formula (bench/useful_flop.h).
//   5. One line: medians over the turns; the sgemm rate is the largest of all turns and sizes.
//
// Learning rates are those of the first steps of a run: after the warm-up they stay constant.
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "bench/sgemm.h"
#include "bench/step_flags.pb.h"
#include "bench/timing.h"
#include "bench/useful_flop.h"
#include "lib/base/exit_code.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/batches/batches.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/config/tool_main.h"
#include "lib/model/torch_runtime.h"
#include "lib/optim/optimizer.h"
#include "lib/optim/schedule.h"
#include "lib/runs/run_folder.h"
#include "lib/safetensors/safetensors.h"
#include "lib/train/batch_size.h"
#include "lib/train/loss.h"
#include "lib/train/resolve_config.h"
#include "lib/train/train_step.h"

namespace {

constexpr double kSgemmSeconds = 0.15;
constexpr std::array<int64_t, 3> kSgemmSizes = {512, 1024, 2048};

tally::Tool Manual(tally::StepFlags* flags) {
  return {
      .name = "step",
      .purpose = "measure a whole training step",
      .synopsis = "step --data=tokens.safetensors [flags]",
      .examples = {{"step --data=tokens.safetensors --header", "the default recipe"},
                   {"step --data=tokens.safetensors --set model.hidden_size=256 --set train.threads=1",
                    "another width, one thread"}},
      .options = {flags},
      .version_details = tally::TorchVersionDetails(),
  };
}

// What steps did in a time.
struct Turn {
  int64_t steps = 0;
  double seconds = 0, tokens = 0, flop = 0;
};

template <typename F>
double MedianOf(const std::vector<Turn>& turns, F value) {
  std::vector<double> values;
  for (const Turn& turn : turns) values.push_back(value(turn));
  return tally::Median(std::move(values));
}

// A run without checkpoints, log and evaluation.
class Measurement {
 public:
  explicit Measurement(const tally::RunConfig& config)
      : train_(config.train()), threads_(tally::ThreadCount(train_.threads())) {}

  absl::Status Prepare(const tally::RunConfig& config, const std::string& model) {
    TALLY_ASSIGN_OR_RETURN(
        source_, tally::OpenBatches({config.data().begin(), config.data().end()}, tally::BatchOptionsOf(train_)));
    if (!model.empty()) {
      TALLY_ASSIGN_OR_RETURN(tally::LoadedModel loaded, tally::LoadModel(model));
      model_ = std::move(loaded.model);
    } else {
      tally::ModelConfig model_config = config.model();
      model_config.set_vocabulary_size(source_->facts().format.vocabulary.size());
      TALLY_ASSIGN_OR_RETURN(model_, tally::Model::Create(model_config, train_.seed()));
    }
    const std::string precision = tally::TrainConfig::Precision_Name(train_.precision());
    TALLY_RETURN_IF_ERROR(tally::PlaceModel("cpu", precision, model_.get()));
    optimizer_ = std::make_unique<tally::Optimizer>(train_.optimizer(), model_->parameters(), train_.seed(), threads_);
    step_ = std::make_unique<tally::TrainStep>(&train_, model_.get(), optimizer_.get(), threads_);
    return absl::OkStatus();
  }

  absl::Status Run(double seconds, int turns, int64_t first_steps, bool print_losses) {
    Turn first;
    for (int64_t i = 0; i < first_steps; ++i) {
      TALLY_ASSIGN_OR_RETURN(const double loss, Step(&first));
      if (print_losses) std::printf("%.7f\n", loss);
    }
    peak_ = tally::ResidentMegabytes().peak;
    for (int i = 0; i < turns; ++i) {
      Turn turn;
      const tally::Clock::time_point start = tally::Clock::now();
      while (turn.steps == 0 || tally::SecondsSince(start) < seconds / turns) {
        TALLY_RETURN_IF_ERROR(Step(&turn).status());
      }
      turn.seconds = tally::SecondsSince(start);
      turns_.push_back(turn);
      const int64_t size = kSgemmSizes[i % kSgemmSizes.size()];
      sgemm_ = std::max(sgemm_, tally::SgemmRate(size, size, size, threads_, kSgemmSeconds));
    }
    return absl::OkStatus();
  }

  static void PrintHeader() {
    std::printf("%6s %-6s %-11s %6s %5s %7s %9s %9s %8s %8s %6s %6s %5s %8s\n", "hidden", "layers", "position",
                "tokens", "batch", "threads", "ms/step", "tokens/s", "GFLOP/s", "sgemm", "%sgemm", "+Muon", "%pad",
                "peak MiB");
  }

  void Print() const {
    const double rate = MedianOf(turns_, [](const Turn& t) { return t.flop / t.seconds; });
    const double steps = MedianOf(turns_, [](const Turn& t) { return static_cast<double>(t.steps) / t.seconds; });
    const double with_optimizer = rate + steps * OptimizerFlop();
    const tally::AttentionConfig::Position position = model_->config().attention().position();
    std::string name = absl::AsciiStrToLower(tally::AttentionConfig::Position_Name(position));
    if (const auto& attention = model_->config().attention(); attention.relative_clip() > 0) {
      const bool counts = attention.shift_clip() > 0 || attention.key_clip() > 0;
      const char* const bias = counts ? "recurrence" : "clipped";
      name = position == tally::AttentionConfig::NO_POSITION ? bias : absl::StrCat(bias, "+", name);
    }
    if (const auto& positions = model_->config().positions(); positions.table() != tally::PositionConfig::NO_TABLE) {
      const std::string table = absl::AsciiStrToLower(tally::PositionConfig::Table_Name(positions.table()));
      name = position == tally::AttentionConfig::NO_POSITION ? table : absl::StrCat(table, "+", name);
    }
    const std::string layers = absl::StrCat(model_->config().layers(), "x", model_->config().recurrences());
    std::printf("%6d %-6s %-11s %6lld %5lld %7d %9.2f %9.0f %8.1f %8.1f %6.1f %6.1f %5.1f %8.0f\n",
                model_->config().hidden_size(), layers.c_str(), name.c_str(), static_cast<long long>(longest_),
                static_cast<long long>(train_.batch_size()), threads_, 1e3 / steps,
                MedianOf(turns_, [](const Turn& t) { return t.tokens / t.seconds; }), rate / 1e9, sgemm_ / 1e9,
                100 * rate / sgemm_, 100 * with_optimizer / sgemm_, 100.0 * padding_ / positions_, peak_);
  }

  absl::Status WriteBatches(int64_t count, const std::string& path) {
    std::vector<tally::Batch> batches;
    for (int64_t i = 0; i < count; ++i) {
      TALLY_ASSIGN_OR_RETURN(tally::Batch batch, source_->Take(i * train_.batch_size(), train_.batch_size()));
      batches.push_back(std::move(batch));
    }
    std::map<std::string, tally::TensorView> tensors;
    const auto view = [](const std::vector<int64_t>& values, std::vector<int64_t> shape) {
      const absl::string_view bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int64_t));
      return tally::TensorView{tally::DType::kI64, std::move(shape), bytes};
    };
    std::vector<std::vector<int64_t>> passes(count);
    for (int64_t i = 0; i < count; ++i) {
      for (const tally::LossTerm& pass : PassesOf(i)) {
        passes[i].insert(passes[i].end(), {pass.untracked, pass.recurrences});
      }
      const tally::Batch& batch = batches[i];
      const auto labels = static_cast<int64_t>(batch.labels.size());
      tensors[absl::StrCat("ids.", i)] = view(batch.ids, {batch.sequences, batch.length});
      tensors[absl::StrCat("rows.", i)] = view(batch.label_positions, {labels});
      tensors[absl::StrCat("labels.", i)] = view(batch.labels, {labels});
      tensors[absl::StrCat("passes.", i)] = view(passes[i], {static_cast<int64_t>(passes[i].size()) / 2, 2});
    }
    return tally::WriteSafetensors(path, tensors, {});
  }

 private:
  std::vector<tally::LossTerm> PassesOf(int64_t step) const {
    return tally::LossTerms(train_.loss(), model_->config(), train_.seed(), step);
  }

  // The loss of the next step. As in `train`, what a step does outside of its threads is serial: OpenMP's threads would
  // spin for a while after each such operator, on the cores of the threads to come.
  absl::StatusOr<double> Step(Turn* turn) {
    const tally::SerialTorch serial;
    TALLY_ASSIGN_OR_RETURN(tally::Batch batch, source_->Take(problems_, train_.batch_size()));
    const tally::StepSeed draws = {train_.seed(), step_number_, static_cast<uint64_t>(problems_)};
    const double factor = tally::LearningRateFactor(train_.schedule(), step_number_, /*used=*/0);
    TALLY_ASSIGN_OR_RETURN(const tally::StepResult result, step_->Run(batch, draws, factor));
    for (const tally::LossTerm& pass : PassesOf(step_number_)) {
      turn->flop += tally::UsefulFlop(model_->config(), batch, pass);
    }
    step_number_ += 1;
    problems_ += batch.sequences;
    longest_ = std::max(longest_, batch.length);
    positions_ += static_cast<double>(result.counts.positions);
    padding_ += static_cast<double>(result.counts.padding);
    turn->steps += 1;
    turn->tokens += static_cast<double>(result.counts.positions - result.counts.padding);
    return result.loss;
  }

  double OptimizerFlop() const {
    return train_.optimizer().kind() == tally::OptimizerConfig::MUON ? tally::MuonFlop(model_->parameters()) : 0;
  }

  const tally::TrainConfig train_;
  const int threads_;
  std::unique_ptr<tally::BatchSource> source_;
  std::unique_ptr<tally::Model> model_;
  std::unique_ptr<tally::Optimizer> optimizer_;
  std::unique_ptr<tally::TrainStep> step_;
  int64_t step_number_ = 0, problems_ = 0, longest_ = 0;
  double positions_ = 0, padding_ = 0;  // computed ones, and those of them that are PAD
  std::vector<Turn> turns_;
  double peak_ = 0, sgemm_ = 0;  // MiB; FLOP/s
};

absl::Status Run(const tally::StepFlags& flags) {
  tally::ConfigSources sources;
  sources.files.assign(flags.config().begin(), flags.config().end());
  sources.assignments.assign(flags.set().begin(), flags.set().end());
  *sources.flags.mutable_data() = flags.data();
  sources.flags.mutable_train()->set_steps(1);
  TALLY_ASSIGN_OR_RETURN(const tally::ResolvedConfig resolved, tally::ResolveConfig(sources));
  const tally::RunConfig& config = resolved.config;
  if (config.data().empty()) return tally::UsageError("--data is missing; expected a token data set");
  TALLY_RETURN_IF_ERROR(tally::ValidateTrainConfig(config.train()));
  tally::KeepFreedMemory();
  Measurement measurement(config);
  TALLY_RETURN_IF_ERROR(measurement.Prepare(config, flags.model()));
  if (!flags.batches_out().empty()) return measurement.WriteBatches(flags.batches(), flags.batches_out());
  TALLY_RETURN_IF_ERROR(measurement.Run(flags.seconds(), flags.turns(), flags.first_steps(), flags.losses()));
  if (flags.header()) measurement.PrintHeader();
  measurement.Print();
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  tally::StepFlags flags;
  return tally::RunTool(argc, argv, Manual(&flags), [&](const auto&) { return Run(flags); });
}

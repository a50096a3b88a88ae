#include "lib/train/learner.h"

#include <algorithm>
#include <vector>

#include "absl/types/span.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/base/thread_pool.h"
#include "lib/batches/batches.h"
#include "lib/checkpoint/checkpoint_folders.h"
#include "lib/model/torch_runtime.h"
#include "lib/runs/run_folder.h"
#include "lib/train/batch_size.h"
#include "lib/train/data_parallel.h"

namespace tally {
namespace {

Recompute RecomputeOf(TrainConfig::Recompute configured) {
  switch (configured) {
    case TrainConfig::NO_RECOMPUTE:
      return Recompute::kNone;
    case TrainConfig::LAYER:
      return Recompute::kLayer;
    case TrainConfig::RECURRENCE:
      return Recompute::kRecurrence;
  }
  return Recompute::kNone;
}

absl::StatusOr<std::unique_ptr<Model>> MakeModel(const RunConfig& config, const DataFacts& data,
                                                 const StateTeacher* teacher, at::Device device, Precision precision) {
  ModelConfig model_config = config.model();
  model_config.set_vocabulary_size(data.format.vocabulary.size());
  if (teacher != nullptr) teacher->SetVariables(model_config.mutable_state());
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<Model> model, Model::Create(model_config, config.train().seed()));
  model->Place(device, precision);
  model->set_recompute(RecomputeOf(config.train().recompute()));
  TALLY_RETURN_IF_ERROR(CheckLengths(data, *model));
  return model;
}

// How the run's batches are made of its data.
BatchOptions MakeBatchOptions(const RunConfig& config) {
  BatchOptions options = BatchOptionsOf(config.train());
  if (config.train().pool_order() == TrainConfig::BY_RECURRENCES) {
    options.group = [model = config.model()](absl::Span<const uint8_t> ids) {
      const std::vector<int64_t> wide(ids.begin(), ids.end());
      return CountRecurrences(model, wide.data(), static_cast<int64_t>(wide.size()));
    };
  }
  return options;
}

}  // namespace

absl::Status CheckLengths(const DataFacts& data, const Model& model) {
  const auto& positions = model.config().positions();
  return model.CheckLength(data.longest_number, data.longest_example,
                           std::max(positions.max_offset(), positions.test_offset()));
}

absl::StatusOr<Learner> MakeLearner(const TrainOptions& options, at::Device device, Precision precision,
                                    bool validates) {
  const RunConfig& config = options.config;
  const TrainConfig& train = config.train();
  Learner learner;
  TALLY_ASSIGN_OR_RETURN(learner.source,
                         OpenBatches({config.data().begin(), config.data().end()}, MakeBatchOptions(config)));
  const DataFacts& data = learner.source->facts();
  if (train.loss().state_weight() > 0) {
    TALLY_ASSIGN_OR_RETURN(learner.teacher, StateTeacher::Create(train.loss(), data));
  }
  TALLY_ASSIGN_OR_RETURN(learner.model, MakeModel(config, data, learner.teacher.get(), device, precision));
  // A run that continues has weights of its own, and its source may be gone.
  bool continues = false;
  if (options.flags.resume()) {
    TALLY_ASSIGN_OR_RETURN(continues, HasCheckpoint(options.flags.out()));
  }
  if (!config.init_from().empty() && !continues) {
    TALLY_ASSIGN_OR_RETURN(learner.initial,
                           InitialiseFrom(config.init_from(), data.format.vocabulary, learner.model.get()));
  }
  const Parameters& parameters = learner.model->parameters();
  if (train.ema_decay() > 0) learner.ema = std::make_unique<Ema>(train.ema_decay(), parameters);
  // A device works on the whole batch at once.
  learner.threads = device.is_cuda() && train.threads() == 0 ? 1 : ThreadCount(train.threads());
  learner.optimizer = std::make_unique<Optimizer>(train.optimizer(), parameters, train.seed(), learner.threads);
  if (validates && train.eval_every_steps() > 0) {
    TALLY_ASSIGN_OR_RETURN(learner.validation, Validation::Open(train.validation_data(), learner.model.get(),
                                                                data.format.vocabulary, train.seed(), learner.threads));
  }
  return learner;
}

absl::StatusOr<RunConfig> FittedBefore(const TrainOptions& options) {
  RunConfig config = options.config;
  if (config.train().max_memory_mb() == 0) return config;
  TALLY_ASSIGN_OR_RETURN(const RunConfig started, ReadRunConfig(options.flags.out(), options.flags.accept_edits()));
  const int64_t asked = config.train().microbatch_size(), fitted = started.train().microbatch_size();
  if (fitted > 0 && (asked == 0 || fitted <= asked)) config.mutable_train()->set_microbatch_size(fitted);
  return config;
}

absl::StatusOr<RunConfig> FitToMemory(const TrainOptions& options, const Learner& learner) {
  RunConfig config = options.config;
  if (config.train().max_memory_mb() == 0) return config;
  DataParallel parallel(learner.model.get(), config.train().loss(), learner.threads, learner.teacher.get());
  const auto peak = [&](Batch& batch) {
    parallel.Backward(batch, StepSeed());
    return ResidentMegabytes().peak;
  };
  TALLY_ASSIGN_OR_RETURN(const int64_t size, FittedMicrobatchSize(config.train(), learner.source.get(), peak));
  config.mutable_train()->set_microbatch_size(size);
  return config;
}

}  // namespace tally

// What learns, and from what: all that a run of a configuration is made of before its first step.
#ifndef TALLY_LIB_TRAIN_LEARNER_H_
#define TALLY_LIB_TRAIN_LEARNER_H_

#include <c10/core/Device.h>

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/batches/batch.h"
#include "lib/checkpoint/initial_weights.h"
#include "lib/model/model.h"
#include "lib/model/precision.h"
#include "lib/optim/ema.h"
#include "lib/optim/optimizer.h"
#include "lib/runs/run_config.pb.h"
#include "lib/train/resolve_config.h"
#include "lib/train/state_teacher.h"
#include "lib/train/validation.h"

namespace tally {

// Nothing in it depends on train.microbatch_size, which memory may decide later.
struct Learner {
  std::unique_ptr<BatchSource> source;
  std::unique_ptr<StateTeacher> teacher;  // null: the model's state is not supervised
  std::unique_ptr<Model> model;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Ema> ema;                // null: the weights are not averaged
  std::unique_ptr<Validation> validation;  // null: never, or by another rank
  std::optional<InitialWeights> initial;   // where the model begins with another one's weights
  int threads = 1;
};

// The data, the model on `device`, in `precision`, and what moves it. `validates`: whether this process does.
// UsageError and BadInput of each part; of lines too long for the model those of CheckLengths.
absl::StatusOr<Learner> MakeLearner(const TrainOptions& options, at::Device device, Precision precision,
                                    bool validates);

// BadInput where the data have lines that are too long for the model's position table.
absl::Status CheckLengths(const DataFacts& data, const Model& model);

// The configuration of a new run of `options`: with the microbatch size that its memory allows. Errors
// of FittedMicrobatchSize.
absl::StatusOr<RunConfig> FitToMemory(const TrainOptions& options, const Learner& learner);

// The configuration of a run that is there: where memory has decided its microbatch, and no smaller one is asked for,
// the microbatch stays. Errors of ReadRunConfig.
absl::StatusOr<RunConfig> FittedBefore(const TrainOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_LEARNER_H_

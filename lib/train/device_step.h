// Steps on a device that the host does not wait for: it queues several and learns later what came of them.
//
//   1. The host makes a step's batch and random choices, pads them to one of few shapes (padded_part.h) and queues
//      their copy to fixed places on the device (staged_tensors.h), behind all that the device was given before.
//   2. The passes of the step, one for each microbatch and term of the loss, add to gradients there, then one update
//      (lib/optim/device_update.h) moves the parameters, unless loss or gradients are not finite.
//   3. A pass whose shape has been seen before, and the update, are recorded and played as CUDA graphs, at most
//      kMostGraphs of them; first ones, and all where graphs are off, are queued operator by operator. Both are the
//      same operators on the same numbers.
//   4. Loss, norm and predictions are copied back to page-locked memory; Finish waits for the oldest step and counts.
// A step that was left out is told with its own number, at most kPending steps later than it happened.
#ifndef TALLY_LIB_TRAIN_DEVICE_STEP_H_
#define TALLY_LIB_TRAIN_DEVICE_STEP_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/batches/batch.h"
#include "lib/kernels/cuda/device_graph.h"
#include "lib/model/model.h"
#include "lib/optim/device_update.h"
#include "lib/runs/run_config.pb.h"
#include "lib/train/data_parallel.h"
#include "lib/train/loss.h"
#include "lib/train/train_step.h"

namespace tally {

struct PaddedPart;

// A step whose outcome is known.
struct FinishedStep {
  Batch batch;
  StepSeed draws;
  double factor = 1;  // on learning rates
  StepResult result;
};

// Not thread-safe.
class DeviceStep {
 public:
  static constexpr size_t kPending = 8;      // steps that may be queued
  static constexpr size_t kMostGraphs = 64;  // of passes

  // Whether steps by `config` can do without the host: no state is supervised, no loss scaled (FP16), and the optimizer
  // serves (device_update.h). One process trains.
  static bool Serves(const TrainConfig& config, const Optimizer& optimizer);

  // All must outlive this; `ema` may be null. Without `graphs` nothing is recorded, nor on CPUs. Parameters, optimizer
  // and averages are those that training begins or continues with.
  DeviceStep(const TrainConfig* config, Model* model, Optimizer* optimizer, Ema* ema, bool graphs);
  ~DeviceStep();

  // Queues a step of `batch`, learning rates times `factor`.
  void Queue(Batch batch, const StepSeed& draws, double factor);

  // The oldest queued step, once its outcome is there; none where at most `pending` are queued.
  std::optional<FinishedStep> Finish(size_t pending);

 private:
  struct Pass;
  struct Pending;
  void QueuePasses(const PaddedPart& part, int64_t first, const StepSeed& draws, Pending* pending);
  Pass& PassOf(const PreparedInput& prepared, const PaddedPart& part, const LossTerm& term, bool first_term);
  void RunPass(Pass* pass);
  void RunUpdate();

  const TrainConfig& config_;
  Model* const model_;
  DeviceUpdate update_;
  const bool graphs_, lengthens_;
  const std::optional<c10::Stream> stream_;              // on CUDA devices
  std::map<std::string, std::unique_ptr<Pass>> passes_;  // by shape
  size_t recorded_ = 0;                                  // passes
  std::unique_ptr<DeviceGraph> update_graph_;
  int64_t updates_ = 0;  // queued
  at::Tensor factor_;    // [] float32
  at::Tensor loss_;      // [] float32, of the passes of a step so far
  at::Tensor entropy_;   // [] float32, of their predictions, a sum over labels
  at::Tensor numbers_;   // [3] float32: loss, norm and entropy of the step
  std::deque<Pending> pending_;
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_DEVICE_STEP_H_

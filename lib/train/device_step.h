// Steps on a device that the host does not wait for: it queues several and learns later what came of them.
//
//   1. The host makes a step's batch and random choices, pads them to one of few shapes (padded_part.h) and queues
//      their copy to fixed places on the device (staged_tensors.h), behind all that the device was given before.
//   2. The passes of the step, one for each microbatch and term of the loss, add to gradients and counts there.
//   3. Where several ranks train, these are added up over the ranks, all of them as one tensor, by the device too.
//   4. One update (lib/optim/device_update.h) moves the parameters, unless loss or gradients are not finite.
//   5. A pass whose shape has been seen before, and the update, are recorded and played as CUDA graphs, at most
//      kMostGraphs of them; first ones, and all where graphs are off, are queued operator by operator. Both are the
//      same operators on the same numbers. Sums over ranks are never recorded.
//   6. Loss, norm and counts are copied back to page-locked memory; Finish waits for those of the oldest step.
// A step that was left out is told with its own number, at most kPending steps later than it happened. What Finish
// tells is the same on all ranks.
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

#include "absl/status/status.h"
#include "lib/batches/batch.h"
#include "lib/distributed/process_group.h"
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
  double factor = 1;   // on learning rates
  double seconds = 0;  // of training until it was queued, by the clock of rank 0
  StepResult result;
};

// Not thread-safe.
class DeviceStep {
 public:
  static constexpr size_t kPending = 8;      // steps that may be queued
  static constexpr size_t kMostGraphs = 64;  // of passes

  // Whether steps by `config` can do without the host: no state is supervised, no loss scaled (FP16), and the optimizer
  // serves (device_update.h).
  static bool Serves(const TrainConfig& config, const Optimizer& optimizer);

  // All must outlive this; `ema` may be null. With a `group` each rank computes its part of every batch; null: alone.
  // Without `graphs` nothing is recorded, nor on CPUs. Parameters, optimizer and averages are those that training
  // begins or continues with.
  DeviceStep(const TrainConfig* config, Model* model, Optimizer* optimizer, Ema* ema, ProcessGroup* group, bool graphs);
  ~DeviceStep();

  // Queues a step of `batch`, learning rates times `factor`, `seconds` after training began. IoError where ranks cannot
  // reach each other.
  absl::Status Queue(Batch batch, const StepSeed& draws, double factor, double seconds);

  // The oldest queued step, once its outcome is there; none where at most `pending` are queued.
  std::optional<FinishedStep> Finish(size_t pending);

 private:
  struct Pass;
  struct Pending;
  void QueueParts(const Batch& batch, const StepSeed& draws);
  void QueuePasses(const PaddedPart& part, int64_t first, const StepSeed& draws);
  Pass& PassOf(const PreparedInput& prepared, const PaddedPart& part, const LossTerm& term, bool first_term);
  void RunPass(Pass* pass);
  void CountRight(const Pass& pass, const at::Tensor& logits);
  absl::Status AddOverRanks(double seconds);
  void RunUpdate();

  const TrainConfig& config_;
  Model* const model_;
  ProcessGroup* const group_;
  DeviceUpdate update_;  // whose numbers are those of a step so far, by Number
  const bool graphs_, lengthens_;
  const std::optional<c10::Stream> stream_;              // on CUDA devices
  std::map<std::string, std::unique_ptr<Pass>> passes_;  // by shape
  size_t recorded_ = 0;                                  // passes
  std::unique_ptr<DeviceGraph> update_graph_;
  int64_t updates_ = 0;  // queued
  at::Tensor factor_;    // [] float32
  at::Tensor outcome_;   // [kNumbers + 1] float32: the numbers of a step, and the norm of its gradients
  std::deque<Pending> pending_;
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_DEVICE_STEP_H_

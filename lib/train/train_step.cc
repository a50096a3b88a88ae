#include "lib/train/train_step.h"

#include <cmath>

#include "lib/train/clip_gradients.h"

namespace tally {

TrainStep::TrainStep(const TrainConfig* config, Model* model, Optimizer* optimizer, int threads)
    : config_(*config), model_(model), optimizer_(optimizer), parallel_(model, config->loss(), threads) {}

StepResult TrainStep::Run(Batch& batch, const StepDraws& draws, double factor) {
  const StepOutcome outcome = parallel_.Backward(batch, draws, config_.microbatch_size());
  StepResult result;
  result.loss = outcome.loss;
  result.counts = CountRight(batch, 0, batch.sequences, outcome.predictions);
  result.finite = std::isfinite(outcome.loss);
  if (!result.finite) return result;
  result.grad_norm = ClipGradients(model_->parameters(), config_.optimizer());
  result.finite = std::isfinite(result.grad_norm);
  if (result.finite) {
    optimizer_->Step(factor, [&] { parallel_.Backward(batch, draws, config_.microbatch_size()); });
  }
  return result;
}

}  // namespace tally

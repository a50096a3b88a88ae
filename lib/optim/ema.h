// Averages of the weights over training.
#ifndef TALLY_LIB_OPTIM_EMA_H_
#define TALLY_LIB_OPTIM_EMA_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/model/parameters.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

// The exponential moving average of every trained parameter, in the spirit of Polyak and Juditsky 1992 ("Acceleration
// of stochastic approximation by averaging"): what evaluation uses. After update t, counted from 0:
//
//   average = d average + (1 - d) weight, with d = min(decay, (1 + t) / (10 + t))
//
// so that the first weights, which are random, are soon forgotten. Not thread-safe.
class Ema {
 public:
  // Starts at the parameters as they are. `parameters` must outlive this.
  Ema(double decay, const Parameters& parameters);

  // Takes in the parameters as they are; once a step.
  void Update();

  // For those that take in the parameters themselves (device_update.h): averages and weights in step, and updates.
  double decay() const { return decay_; }
  const std::vector<at::Tensor>& averages() const { return averages_; }
  const std::vector<at::Tensor>& weights() const { return weights_; }
  int64_t steps() const { return steps_; }
  void CountUpdate() { ++steps_; }

  // Reads what Averages::State gave, the parameters holding what they held then: the averages. Afterwards they hold the
  // weights in training again. BadInput where a tensor is missing or has another shape.
  absl::Status Restore(const SafetensorsFile& file);

  // While one exists, the parameters hold the averages, to be evaluated or saved.
  class Averages {
   public:
    explicit Averages(Ema* ema) : ema_(ema) { ema_->Swap(); }
    ~Averages() { ema_->Swap(); }
    Averages(const Averages&) = delete;
    Averages& operator=(const Averages&) = delete;

    // The weights in training, for a checkpoint whose model holds the averages: "weights.PARAMETER"; and "ema.steps",
    // the number of updates. Views are valid as long as this.
    std::map<std::string, TensorView> State();

   private:
    Ema* const ema_;
    std::vector<at::Tensor> copies_;  // what State's views show
  };

 private:
  void Swap();

  const double decay_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> weights_;   // the model's
  std::vector<at::Tensor> averages_;  // the weights in training while an Averages exists
  int64_t steps_ = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_EMA_H_

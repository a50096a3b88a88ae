// Supervision of a looped model's state (lib/model/loop_state.h): what a step trains of each problem's recurrences, and
// the values that the task gives.
//
// TAUGHT (teacher forcing): each problem trains one recurrence alone.
//   1. Its number p is drawn below P + e, P being the recurrences that the problem has and e what is drawn up to
//      extra_recurrences; a share of the problems train p = P - 1, the last.
//   2. The model begins with the true values after p recurrences, and its heads are to read those after p + 1.
//   3. The answer counts where p is the last. Beyond it the state alone is trained: that a digit of the operand which
//      is not there adds nothing shows how to skip one in a longer line.
// UNROLLED: all P recurrences run; heads are to read the true values after each, and the answer is read from the last.
//
// Draws are pure functions of the run's seed and the number of the problem, or of the step (contract 1 of
// docs/architecture.md).
#ifndef TALLY_LIB_TRAIN_STATE_TEACHER_H_
#define TALLY_LIB_TRAIN_STATE_TEACHER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/batches/batch.h"
#include "lib/model/model.h"
#include "lib/model/model_config.pb.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// Which recurrences the problems of a batch train.
struct RecurrencePlan {
  bool taught = false;
  std::vector<int64_t> first;  // [sequences] the first that is trained, from 0
  std::vector<int64_t> end;    // [sequences] the one after the last that is trained
  std::vector<bool> answers;   // [sequences] whether the answer is read after it
};

// The true values of variables for some sequences.
struct StateTargets {
  at::Tensor before;               // [sequences, length, V] int64, before the first recurrence that is trained
  std::vector<at::Tensor> after;   // after each, [labels, V] int64
  std::vector<at::Tensor> weight;  // of these in the loss, [labels] float32; 0 beyond a sequence's recurrences
};

// Thread-safe.
class StateTeacher {
 public:
  // UsageError where the task has no variables for the format of `data`, where `data` have several tasks, or where
  // `loss` reads more than answers.
  static absl::StatusOr<std::unique_ptr<StateTeacher>> Create(const LossConfig& loss, const DataFacts& data);

  // Gives a model of these data its variables.
  void SetVariables(StateConfig* state) const;

  // The plan of step `step`, the batch's first problem being number `first_sample` of the run.
  RecurrencePlan PlanOf(const ModelConfig& model, const Batch& batch, uint64_t seed, int64_t step,
                        uint64_t first_sample) const;

  // The weights of a batch's labels in the loss of the answer: 0 where it is not read, else the share that they have of
  // what is read. `weights` [labels] as without a plan.
  void KeepAnswers(const RecurrencePlan& plan, const Batch& batch, std::vector<float>* weights) const;

  // The values for sequences first, ..., first + count - 1 of `batch`, whose labels are numbers label, label + 1, ...
  StateTargets TargetsOf(const RecurrencePlan& plan, const Batch& batch, int64_t first, int64_t count,
                         int64_t label) const;

 private:
  StateTeacher(const LossConfig& loss, const DataFacts& data)
      : loss_(loss), format_(data.format.tasks[0].format), vocabulary_(data.format.vocabulary) {}

  void FillValues(const ParsedProblem& problem, int64_t recurrences, int64_t labels, int64_t* out) const;

  const LossConfig loss_;
  const ProblemFormat format_;
  const Vocabulary vocabulary_;
};

// What the state's loss is multiplied by in step `step`: state_weight, or with state_weight_steps N that times
// max(0, 1 - step / N).
double StateWeight(const LossConfig& loss, int64_t step);

// sum over labels and variables of weight[r][label] * cross entropy of logits[r] and after[r], over all recurrences r;
// a scalar, in nats. logits as OutputAndState::state_logits.
at::Tensor StateLoss(const std::vector<at::Tensor>& logits, const StateTargets& targets);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_STATE_TEACHER_H_

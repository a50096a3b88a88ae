// The recurrent transformer: embedding, blocks of layers applied several times, head. docs/models.md draws it.
//
// Axis suffixes of tensors: B batch, S seq, H hidden, V vocabulary.
#ifndef TALLY_LIB_MODEL_MODEL_H_
#define TALLY_LIB_MODEL_MODEL_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/model/attention/key_value_cache.h"
#include "lib/model/forward_context.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"
#include "lib/model/precision.h"

namespace tally {

// The input of a forward pass, its tensors on the CPU. What is random comes from draws.h.
struct ModelInput {
  at::Tensor ids;              // [batch, seq] int64
  at::Tensor initial_state;    // [batch, seq or tokens, hidden] float32; undefined: zeros, or the embedding
  int64_t recurrences = 0;     // of the block, before those for digits; 0: as configured
  int64_t untracked = 0;       // of these, the first ones without gradient
  at::Tensor table_offsets;    // [1] or [batch] int64: offset of a digit table; undefined: the configured test offset
  at::Tensor table_positions;  // [seq] or [batch, seq] int64: rows of LEARNED_RAND; undefined: 0, 1, 2, ...
  at::Tensor attention_positions;  // [seq] int64, for ROPE; FIRE, ALIBI: or [calls, seq]; undefined: 0, 1, ...
  double logit_factor = 1;         // on all attention logits
  std::optional<double> far_bias;  // added to a relative bias where ids differ by their clip; unset: none is
  // A recurrence anywhere in the loop: how many each sequence has behind it, [batch] int64, and the values of the
  // state's variables after these, [batch, seq, variables] int64. Then `recurrences` are run, no more for digits. For
  // models that hand on variables alone. Undefined: from the first on.
  at::Tensor recurrences_done;
  at::Tensor state_values;

  at::Tensor rows;  // [n] int64, rising: numbers of tokens in [batch * tokens] order: only these are computed

  // Holds the keys and values of the first tokens, and gets those of the others; only these are computed, and `tokens`
  // in all other shapes counts them alone. Null: all are computed. Without gradient only.
  KeyValueCache* cache = nullptr;
};

// The recurrences of a sequence of ids [length], before those for digits `base` (0: as configured).
int64_t CountRecurrences(const ModelConfig& config, const int64_t* ids, int64_t length, int64_t base = 0);

// What a forward pass gives training whose state is supervised.
struct OutputAndState {
  at::Tensor logits;                     // [n, vocabulary], as Model::Forward
  std::vector<at::Tensor> state_logits;  // after each recurrence, [n, variables, values]
};

struct CommonRound;    // rounds.h
struct PreparedInput;  // prepared_input.h
class Recurrent;       // recurrent.h

// Forward passes may run in several threads at once as long as nobody changes the parameters.
class Model {
 public:
  // A model with fresh parameters, a pure function of (config, seed). UsageError as ValidateModelConfig.
  static absl::StatusOr<std::unique_ptr<Model>> Create(const ModelConfig& config, uint64_t seed);
  ~Model();

  // A model with the same parameters in the same memory, but gradients of its own, for another thread.
  std::unique_ptr<Model> Replica() const;

  // Moves the parameters to `device`, where forward passes compute in `precision` from now on; a new model does so on
  // the CPU in F32. Before any replica, optimizer or gradient is made: their tensors stay where they are.
  void Place(at::Device device, Precision precision);
  at::Device device() const { return device_; }

  // What passes that record gradient compute again from now on instead of keeping it; a new model keeps everything.
  // Replicas made later do as this one.
  void set_recompute(Recompute recompute) { recompute_ = recompute; }

  // Logits, [batch, tokens, vocabulary], or [n, vocabulary] where input.rows is given; then the last layer of the last
  // recurrence is computed for them alone. Gradient is recorded unless a c10::NoGradGuard forbids it. Sequences longer
  // than a position table are refused by CheckLength. The result is float32 on the model's device.
  at::Tensor Forward(const ModelInput& input) const;

  // Its two halves, for callers that keep the input on the device: what a pass reads, on the CPU but for an initial
  // state that was drawn elsewhere; `grain`: as Select has it. Then the pass itself, whose input is beside the model.
  PreparedInput Prepare(const ModelInput& input, int64_t grain = 1) const;
  at::Tensor Forward(const PreparedInput& input) const;

  // The same after each of the given numbers of recurrences, rising, instead of input.recurrences. Where those for
  // digits come on top each number takes a pass of its own; else one pass gives all.
  std::vector<at::Tensor> ForwardAfter(const ModelInput& input, const std::vector<int64_t>& recurrences) const;

  // Logits, and those of the state's variables after each recurrence, for input.rows, which must be given. The model
  // has variables. Sequences with fewer recurrences than others repeat their last state.
  OutputAndState ForwardWithState(const ModelInput& input) const;

  // The steps of Forward: the embedding after its norm, [batch, tokens, embedding]; the state after all recurrences,
  // [batch, tokens, hidden], or [n, hidden] where input.rows is given; and the head's logits for states [..., hidden],
  // [..., vocabulary].
  at::Tensor Embed(const ModelInput& input) const;
  at::Tensor State(const ModelInput& input) const;
  at::Tensor Logits(const at::Tensor& state) const;

  // BadInput where a line of `tokens` tokens, whose longest number has `digits` digits, needs more rows than the
  // position table has, at the given offset.
  absl::Status CheckLength(int64_t digits, int64_t tokens, int64_t offset) const;

  const ModelConfig& config() const { return config_; }
  const Parameters& parameters() const { return parameters_; }

 private:
  Model(const ModelConfig& config, uint64_t seed);
  PreparedInput Beside(const ModelInput& input) const;
  at::Tensor StateByRounds(const ModelInput& input, const CommonRound& round) const;

  const ModelConfig config_;
  at::Device device_ = at::kCPU;
  Precision precision_ = Precision::kF32;
  Recompute recompute_ = Recompute::kNone;
  Parameters parameters_;
  std::unique_ptr<Recurrent> recurrent_;
};

// Model::Place with names as in --device and --precision (precision.h). UsageError where they cannot be had.
absl::Status PlaceModel(absl::string_view device, absl::string_view precision, Model* model);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_MODEL_H_

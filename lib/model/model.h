// The recurrent transformer: embedding, a block of layers applied several times, head. docs/models.md draws it.
//
// Axis suffixes of tensors: B batch, S seq, H hidden, V vocabulary.
#ifndef TALLY_LIB_MODEL_MODEL_H_
#define TALLY_LIB_MODEL_MODEL_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"

namespace tally {

// The input of a forward pass.
struct ModelInput {
  at::Tensor ids;               // [batch, seq] int64
  at::Tensor initial_state;     // [batch, seq, hidden] float32; undefined: zeros, or what Model::InitialState says
  int64_t recurrences = 0;      // passes through the block; 0: as configured
  int64_t untracked = 0;        // of these, the first ones without gradient
  int64_t position_offset = 0;  // added to the ids of digits in an Abacus table (random in training, else 0)
  at::Tensor rows;              // [n] int64, numbers of tokens in [batch * seq] order: only they pass through the head
};

// UsageError naming the field that makes no sense (heads that do not divide hidden_size, sizes below 1, ...).
absl::Status ValidateModelConfig(const ModelConfig& config);

class Recurrent;  // implementation

// Forward passes may run in several threads at once as long as nobody changes the parameters.
class Model {
 public:
  // A model with fresh parameters, a pure function of (config, seed).
  static absl::StatusOr<std::unique_ptr<Model>> Create(const ModelConfig& config, uint64_t seed);
  ~Model();

  // A model with the same parameters in the same memory, but gradients of its own, for another thread.
  std::unique_ptr<Model> Replica() const;

  // Logits, [batch, seq, vocabulary], or [n, vocabulary] where input.rows is given. Gradient is recorded unless a
  // c10::NoGradGuard forbids it. Sequences longer than an Abacus table are refused by CheckLength.
  at::Tensor Forward(const ModelInput& input) const;

  // The steps of Forward, for tests: the embedding, [batch, seq, hidden], after its norm; and the state after all
  // passes, before the head.
  at::Tensor Embed(const at::Tensor& ids, int64_t position_offset) const;
  at::Tensor State(const ModelInput& input) const;

  // The random initial state of a model that has one, [batch, seq, hidden], undefined for others. Row b is a pure
  // function of (seed, samples[b], position), so that it depends neither on batching nor on seq (DESIGN contract 4).
  at::Tensor InitialState(uint64_t seed, const std::vector<uint64_t>& samples, int64_t seq) const;

  // BadInput where a number of `digits` digits has no row in the position table.
  absl::Status CheckLength(int64_t digits) const;

  const ModelConfig& config() const { return config_; }
  const Parameters& parameters() const { return parameters_; }

 private:
  Model(const ModelConfig& config, uint64_t seed);

  const ModelConfig config_;
  Parameters parameters_;
  std::unique_ptr<Recurrent> recurrent_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_MODEL_H_

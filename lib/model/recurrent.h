// The recurrences of a forward pass: what a model is made of, and the order in which it computes.
#ifndef TALLY_LIB_MODEL_RECURRENT_H_
#define TALLY_LIB_MODEL_RECURRENT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "lib/model/attention/plan.h"
#include "lib/model/block.h"
#include "lib/model/embedding.h"
#include "lib/model/forward_context.h"
#include "lib/model/initialiser.h"
#include "lib/model/loop_state.h"
#include "lib/model/model.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"
#include "lib/model/prepared_input.h"

namespace tally {

// The parts of a model, in the order of their parameters. Thread-safe as long as nobody changes the parameters.
class Recurrent {
 public:
  // `config` must outlive this.
  Recurrent(const ModelConfig& config, Parameters* parameters);

  const Embedding& embedding() const { return embedding_; }
  const Head& head() const { return *head_; }
  const LoopState& loop_state() const { return *loop_state_; }

  // What a pass of `input` reads, its tensors on the CPU but for an initial state that was drawn elsewhere. `grain`: as
  // Select has it.
  PreparedInput Prepare(const ModelInput& input, int64_t grain = 1) const;

  // The states after each of `after` recurrences, rising, [batch, tokens, hidden] or [n, hidden] where some tokens are
  // asked for; none: after all of them. `input` is beside the parameters.
  std::vector<at::Tensor> States(const PreparedInput& input, std::vector<int64_t> after) const;

 private:
  // The recurrences of one forward pass.
  struct Recurrences {
    const PreparedInput& input;
    const at::Tensor embedding;        // [batch, tokens, hidden]
    const std::vector<int64_t> after;  // recurrences whose states are asked for
    std::vector<at::Tensor> states;    // these states
  };

  at::Tensor Counts(const ModelInput& input) const;
  AttentionContext Context(const ModelInput& input) const;
  at::Tensor CallPositions(const ModelInput& input) const;
  at::Tensor AnswerTokens(const ModelInput& input) const;
  at::Tensor InitialState(const PreparedInput& input, const at::Tensor& embedding) const;
  at::Tensor RecurrenceNumber(const PreparedInput& input, int64_t i, at::Device device) const;
  std::vector<at::Tensor> Biases(const PreparedInput& input, const AttentionContext& context, int64_t first_call) const;
  AttentionPlan Plan(const Recurrences& recurrences) const;
  at::Tensor Run(at::Tensor state, int64_t first, int64_t last, Recurrences* recurrences) const;
  at::Tensor ApplyBlocks(const at::Tensor& state, const Recurrences& recurrences, RecurrenceContext* context) const;
  at::Tensor HandedOn(const at::Tensor& state, const Recurrences& recurrences) const;
  at::Tensor Finished(const at::Tensor& state, const at::Tensor& next, int64_t i, bool final,
                      const Recurrences& recurrences) const;

  const ModelConfig& config_;
  const Initialiser initialiser_;
  const Embedding embedding_;
  std::deque<Block> blocks_;
  std::vector<at::Tensor> block_parameters_;
  std::unique_ptr<Head> head_;
  std::unique_ptr<LoopState> loop_state_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_RECURRENT_H_

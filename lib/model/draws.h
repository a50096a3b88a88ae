// The random choices of a forward pass, all pure functions of a seed and of numbers that the caller knows, so that
// neither restarts nor batching change them (contracts 1 and 4, docs/architecture.md).
#ifndef TALLY_LIB_MODEL_DRAWS_H_
#define TALLY_LIB_MODEL_DRAWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/base/random.h"
#include "lib/model/model.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// The random initial state of a model that has one, [samples, seq - begin, hidden], undefined for others. The state of
// a token is a pure function of (seed, sample, position). It is drawn in as many threads as LibTorch's operators have;
// on a CUDA device, in builds with kernels for it, there, within 1e-6 of the CPU's numbers.
at::Tensor InitialState(const ModelConfig& config, uint64_t seed, const std::vector<uint64_t>& samples, int64_t seq,
                        int64_t begin = 0, at::Device device = at::kCPU);

// `count` different numbers below `bound`, rising, each choice of them equally likely, as far as a Permutation goes.
std::vector<int64_t> RisingNumbers(int64_t count, int64_t bound, uint64_t seed, RandomStream stream, uint64_t index);

// Sets the initial state, offsets and positions of step `step` of a training run. samples[b] numbers the problem of
// row b of input->ids, counted over the whole run. The initial state is drawn on `device`, all else on the CPU.
void DrawForTraining(const ModelConfig& config, uint64_t seed, int64_t step, const std::vector<uint64_t>& samples,
                     ModelInput* input, at::Device device = at::kCPU);

// The same outside of training. For row b of a LEARNED_RAND model lengths[b] positions are drawn, of which its tokens
// get the first ones; at most as many as the table has rows. Initial states are drawn for the tokens that are not in
// input->cache.
void DrawForEvaluation(const ModelConfig& config, uint64_t seed, const std::vector<uint64_t>& samples,
                       const std::vector<int64_t>& lengths, ModelInput* input, at::Device device = at::kCPU);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_DRAWS_H_

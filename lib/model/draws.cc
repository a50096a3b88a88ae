#include "lib/model/draws.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>

#include "lib/kernels/normal_draw/normal_draw.h"
#include "lib/model/positions/registry.h"

namespace tally {
namespace {

at::Tensor FromVector(const std::vector<int64_t>& values) {
  const at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), tensor.data_ptr<int64_t>());
  return tensor;
}

at::Tensor Offsets(const PositionConfig& positions, uint64_t seed, int64_t step, const std::vector<uint64_t>& samples) {
  const auto draw = [&](RandomStream stream, uint64_t index) {
    return static_cast<int64_t>(Random(seed, stream, index).Below(positions.max_offset() + 1));
  };
  if (!positions.offset_per_sample()) return FromVector({draw(RandomStream::kTrainingStep, step)});
  std::vector<int64_t> offsets;
  for (const uint64_t sample : samples) offsets.push_back(draw(RandomStream::kSampleOffset, sample));
  return FromVector(offsets);
}

}  // namespace

at::Tensor InitialState(const ModelConfig& config, uint64_t seed, const std::vector<uint64_t>& samples, int64_t seq,
                        int64_t begin, at::Device device) {
  const ModelConfig::InitialState kind = config.initial_state();
  if (kind == ModelConfig::ZERO || kind == ModelConfig::EMBEDDING) return at::Tensor();
  TokenStates states = {seed, samples, begin, seq, config.hidden_size()};
  states.deviation = kind == ModelConfig::EMBED ? 0.02 : 1.0;
  states.unit = kind == ModelConfig::UNIT;
  return TokenStatesTensor(states, device);
}

std::vector<int64_t> RisingNumbers(int64_t count, int64_t bound, uint64_t seed, RandomStream stream, uint64_t index) {
  const Permutation order(bound, seed, stream, index);
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(static_cast<int64_t>(order(i)));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void DrawForTraining(const ModelConfig& config, uint64_t seed, int64_t step, const std::vector<uint64_t>& samples,
                     ModelInput* input, at::Device device) {
  const int64_t seq = input->ids.size(1);
  input->initial_state = InitialState(config, seed, samples, seq, /*begin=*/0, device);
  if (const double jitter = config.attention().logit_jitter(); jitter > 0) {
    input->logit_factor = std::exp(jitter * (2 * Random(seed, RandomStream::kLogitFactor, step).Uniform() - 1));
  }
  if (const double jitter = config.attention().far_key_bias_jitter(); jitter > 0) {
    input->far_bias = jitter * std::max(0.0, 2 * Random(seed, RandomStream::kFarBias, step).Uniform() - 1);
  }
  const PositionConfig& table = config.positions();
  const TableScheme& scheme = TableOf(config);
  if (scheme.draws_offset) input->table_offsets = Offsets(table, seed, step, samples);
  if (scheme.draws_rows && seq <= table.table_rows()) {
    input->table_positions =
        FromVector(RisingNumbers(seq, table.table_rows(), seed, RandomStream::kTablePositions, step));
  }
  const int64_t bound = config.attention().random_positions();
  if (!AttentionOf(config).draws_positions || bound < seq) return;
  // Anew for each attention call, as the reference has it.
  const int64_t calls = config.layers() * config.recurrences();
  input->attention_positions = at::empty({calls, seq}, at::kLong);
  for (int64_t call = 0; call < calls; ++call) {
    input->attention_positions[call].copy_(
        FromVector(RisingNumbers(seq, bound, seed, RandomStream::kAttentionPositions, step * calls + call)));
  }
}

void DrawForEvaluation(const ModelConfig& config, uint64_t seed, const std::vector<uint64_t>& samples,
                       const std::vector<int64_t>& lengths, ModelInput* input, at::Device device) {
  const int64_t batch = input->ids.size(0), seq = input->ids.size(1);
  const int64_t begin = input->cache == nullptr ? 0 : input->cache->length();
  input->initial_state = InitialState(config, seed, samples, seq, begin, device);
  if (!TableOf(config).draws_rows) return;
  input->table_positions = at::empty({batch, seq}, at::kLong);
  int64_t* const out = input->table_positions.data_ptr<int64_t>();
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t rows = config.positions().table_rows();
    const std::vector<int64_t> drawn = RisingNumbers(lengths[b], rows, seed, RandomStream::kTablePositions, samples[b]);
    const int64_t filled = std::min<int64_t>(seq, lengths[b]);
    std::copy(drawn.begin(), drawn.begin() + filled, out + b * seq);
    std::fill(out + b * seq + filled, out + (b + 1) * seq, 0);  // padding
  }
}

}  // namespace tally

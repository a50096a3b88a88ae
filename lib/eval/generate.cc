#include "lib/eval/generate.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <numeric>

#include "lib/base/random.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

// Probabilities under softmax(logits), logits [vocabulary].
std::vector<double> Softmax(const at::Tensor& logits) {
  const at::Tensor probabilities = at::softmax(logits.to(at::kDouble), 0);
  const double* const p = probabilities.const_data_ptr<double>();
  return std::vector<double>(p, p + probabilities.numel());
}

// Draws from softmax(logits / temperature) among the top_k likeliest tokens; the first of equals comes first.
int64_t Draw(const at::Tensor& logits, const GenerateOptions& options, Random& random) {
  const std::vector<double> weights = Softmax(logits / options.temperature);
  std::vector<int64_t> order(weights.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return weights[a] > weights[b]; });
  if (options.top_k > 0) order.resize(std::min<size_t>(order.size(), options.top_k));
  double total = 0;
  for (const int64_t id : order) total += weights[id];
  double rest = random.Uniform() * total;
  for (const int64_t id : order) {
    rest -= weights[id];
    if (rest < 0) return id;
  }
  return order.back();
}

}  // namespace

absl::StatusOr<Generated> GenerateAnswer(const ModelRun& run, const std::string& prompt, uint64_t sample,
                                         const GenerateOptions& options) {
  const at::NoGradGuard no_grad;
  TALLY_ASSIGN_OR_RETURN(const std::vector<uint8_t> prompt_ids, EncodeLine(run, prompt));
  std::vector<int64_t> ids(prompt_ids.begin(), prompt_ids.end());
  const int64_t room = LineRoom(run, static_cast<int64_t>(ids.size()));
  Random random(run.seed, RandomStream::kSampledAnswer, sample);
  KeyValueCache cache;
  Generated generated;
  for (int64_t step = 0; step < options.max_tokens; ++step) {
    const int64_t seq = static_cast<int64_t>(ids.size());
    if (seq > room || !CheckFits(run, ids.data(), seq).ok()) break;
    ModelInput input = InputOf(run, at::from_blob(ids.data(), {1, seq}, at::kLong), {sample}, {room});
    if (options.cache) input.cache = &cache;
    const at::Tensor state = run.model->State(input);
    const at::Tensor logits = run.model->Logits(state.select(1, state.size(1) - 1))[0];
    const int64_t next = options.temperature > 0 ? Draw(logits, options, random) : logits.argmax(-1).item<int64_t>();
    generated.probabilities.push_back(Softmax(logits)[next]);
    generated.ended = next == kEndId;
    if (generated.ended) break;
    ids.push_back(next);
  }
  generated.ids.assign(ids.begin() + prompt_ids.size(), ids.end());
  return generated;
}

}  // namespace tally

#include "lib/train/validation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/model/draws.h"
#include "lib/model/torch_runtime.h"
#include "lib/runs/training_log.h"

namespace tally {
namespace {

constexpr int64_t kExamplesAtATime = 64;
constexpr size_t kExamplesShown = 3;

at::Tensor View(std::vector<int64_t>& values, at::IntArrayRef shape) {
  return at::from_blob(values.data(), shape, at::kLong);
}

}  // namespace

// Of some problems.
struct Validation::Sums {
  explicit Sums(size_t tasks) : by_task(tasks) {}

  Sums& operator+=(const Sums& other) {
    counts += other.counts;
    for (size_t t = 0; t < by_task.size(); ++t) by_task[t] += other.by_task[t];
    loss += other.loss;
    for (const auto& [from, to] : {std::pair(&other.right, &right), {&other.wrong, &wrong}}) {
      const size_t more = std::min(from->size(), kExamplesShown - to->size());
      to->insert(to->end(), from->begin(), from->begin() + static_cast<ptrdiff_t>(more));
    }
    return *this;
  }

  AnswerCounts counts;
  std::vector<AnswerCounts> by_task;
  double loss = 0;                        // nats, of all answer tokens together
  std::vector<std::string> right, wrong;  // as ValidationMetrics has them
};

absl::StatusOr<std::unique_ptr<Validation>> Validation::Open(const std::string& path, const Model* model,
                                                             const Vocabulary& vocabulary, uint64_t seed, int threads) {
  TALLY_ASSIGN_OR_RETURN(auto data, TokenDataset::Open(path));
  TALLY_RETURN_IF_ERROR(CheckSameVocabulary(vocabulary, "the training data", data->vocabulary(), path));
  const absl::Status fits =
      model->CheckLength(data->longest_number(), data->longest_example(), model->config().positions().test_offset());
  if (!fits.ok()) return BadInputError(absl::StrCat(path, ": ", fits.message()));
  return absl::WrapUnique(new Validation(std::move(data), model, seed, threads));
}

Validation::Validation(std::unique_ptr<TokenDataset> data, const Model* model, uint64_t seed, int threads)
    : data_(std::move(data)),
      model_(model),
      seed_(seed),
      threads_(threads),
      formats_(FormatsOf(data_->tasks())),
      order_(data_->examples()) {
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [this](int64_t a, int64_t b) { return data_->ExampleLength(a) < data_->ExampleLength(b); });
  for (int64_t i = 0; i < data_->examples(); ++i) {
    format_of_.push_back(FormatOfExample(data_->Example(i), formats_, data_->vocabulary()));
  }
}

Batch Validation::BatchAt(int64_t first) const {
  std::vector<Example> examples;
  for (int64_t i = first; i < std::min(first + kExamplesAtATime, data_->examples()); ++i) {
    examples.push_back({data_->Example(order_[i]), data_->AnswerStart(order_[i]), order_[i]});
  }
  return MakeBatch(examples, /*answer_only=*/true);
}

Validation::Sums Validation::ScoreAt(int64_t first) const {
  const at::NoGradGuard no_grad;
  Batch batch = BatchAt(first);
  const int64_t n = static_cast<int64_t>(batch.label_positions.size());
  ModelInput input;
  input.ids = View(batch.ids, {batch.sequences, batch.length});
  input.rows = View(batch.label_positions, {n});
  // As in training, LEARNED_RAND spreads its positions over the length of the batch.
  DrawForEvaluation(model_->config(), seed_, {batch.samples.begin(), batch.samples.end()},
                    std::vector<int64_t>(batch.sequences, batch.length), &input, model_->device());
  const at::Tensor logits = model_->Forward(input).cpu();
  const at::Tensor predicted = logits.argmax(-1);
  const int64_t* const tokens = predicted.const_data_ptr<int64_t>();
  Sums sums(formats_.size());
  const std::vector<Score> scores = ScoreSequences(batch, 0, batch.sequences, {tokens, tokens + n});
  for (int64_t s = 0; s < batch.sequences; ++s) {
    sums.counts.Add(scores[s]);
    sums.by_task[format_of_[batch.samples[s]]].Add(scores[s]);
    auto* const list = scores[s].exact ? &sums.right : &sums.wrong;
    if (list->size() < kExamplesShown) list->push_back(Answered(batch, s, scores[s].exact, tokens));
  }
  sums.loss = at::cross_entropy_loss(logits, View(batch.labels, {n}), /*weight=*/{}, at::Reduction::Sum).item<double>();
  return sums;
}

// Problem `s` of a batch with the answer that `predictions` [labels of the batch] give it.
std::string Validation::Answered(const Batch& batch, int64_t s, bool exact, const int64_t* predictions) const {
  const int64_t sample = batch.samples[s], first = batch.FirstLabel(s), count = batch.FirstLabel(s + 1) - first;
  const absl::Span<const uint8_t> prompt = data_->Example(sample).subspan(0, data_->AnswerStart(sample));
  const Vocabulary& vocabulary = data_->vocabulary();
  const std::string text = absl::StrCat(vocabulary.Decode(std::vector<uint8_t>(prompt.begin(), prompt.end())),
                                        vocabulary.Decode(predictions + first, count));
  return exact ? text : absl::StrCat(text, " (", vocabulary.Decode(batch.labels.data() + first, count), ")");
}

ValidationMetrics Validation::Run() const {
  const int64_t batches = (data_->examples() + kExamplesAtATime - 1) / kExamplesAtATime;
  std::vector<Sums> sums(batches, Sums(formats_.size()));
  RunInThreads(threads_, [&](int k) {
    for (int64_t b = k; b < batches; b += threads_) sums[b] = ScoreAt(b * kExamplesAtATime);
  });
  Sums all(formats_.size());
  for (const Sums& part : sums) all += part;
  ValidationMetrics metrics;
  metrics.exact = all.counts.exact();
  metrics.token_accuracy = all.counts.token_accuracy();
  metrics.loss = all.loss / all.counts.tokens;
  metrics.right = all.right;
  metrics.wrong = all.wrong;
  for (size_t t = 0; t < formats_.size() && formats_.size() > 1; ++t) {
    metrics.exact_by_task.emplace_back(formats_[t].task->name(), all.by_task[t].exact());
  }
  return metrics;
}

}  // namespace tally

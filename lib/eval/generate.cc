#include "lib/eval/generate.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
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

// Answers that grow together.
//
//   1. Each step takes one forward pass over all lines; with a cache over their newest tokens alone.
//   2. A line that has ended is frozen: from then on it is its prompt and PAD, which nobody reads.
class Generator {
 public:
  Generator(const ModelRun& run, const std::vector<uint64_t>& samples, const GenerateOptions& options)
      : run_(run), samples_(samples), options_(options) {}

  absl::Status AddPrompt(const std::string& prompt) {
    TALLY_ASSIGN_OR_RETURN(const std::vector<uint8_t> ids, EncodeLine(run_, prompt));
    if (!lines_.empty() && static_cast<int64_t>(ids.size()) != prompt_) {
      return BadInputError(
          absl::StrCat("found prompts of ", prompt_, " and ", ids.size(), " tokens, expected one length"));
    }
    prompt_ = static_cast<int64_t>(ids.size());
    lines_.push_back({{ids.begin(), ids.end()},
                      Random(run_.seed, RandomStream::kSampledAnswer, samples_[lines_.size()]),
                      Generated(),
                      /*frozen=*/false});
    return absl::OkStatus();
  }

  std::vector<Generated> Run() {
    for (int64_t step = 0; step < options_.max_tokens && FreezeFinishedAnswers(prompt_ + step); ++step)
      Step(prompt_ + step);
    std::vector<Generated> answers;
    for (Line& line : lines_) {
      line.answer.ids.assign(line.ids.begin() + prompt_, line.ids.end());
      answers.push_back(std::move(line.answer));
    }
    return answers;
  }

 private:
  struct Line {
    std::vector<int64_t> ids;
    Random random;
    Generated answer;
    bool frozen;
  };

  // Freezes lines of `seq` tokens that do not fit the model; false where all are frozen.
  bool FreezeFinishedAnswers(int64_t seq) {
    bool any = false;
    for (Line& line : lines_) {
      if (line.frozen) continue;
      line.frozen = seq > LineRoom(run_, prompt_) || !CheckFits(run_, line.ids.data(), seq).ok();
      any |= !line.frozen;
    }
    return any;
  }

  // Adds a token to each line of `seq` tokens.
  void Step(int64_t seq) {
    const at::Tensor logits = Logits(seq).cpu(), likeliest = logits.argmax(-1);
    for (size_t k = 0; k < lines_.size(); ++k) {
      Line& line = lines_[k];
      if (line.frozen) continue;
      const at::Tensor of_line = logits[k];
      const int64_t next =
          options_.temperature > 0 ? Draw(of_line, options_, line.random) : likeliest.const_data_ptr<int64_t>()[k];
      line.answer.probabilities.push_back(Softmax(of_line)[next]);
      line.frozen = line.answer.ended = next == kEndId;
      if (!line.frozen) line.ids.push_back(next);
    }
  }

  // What follows the last token of each line, [lines, vocabulary].
  at::Tensor Logits(int64_t seq) {
    const int64_t lines = lines_.size(), tokens = seq - (options_.cache ? cache_.length() : 0);
    std::vector<int64_t> ids, rows;
    for (const Line& line : lines_) {
      ids.insert(ids.end(), line.ids.begin(), line.ids.begin() + (line.frozen ? prompt_ : seq));
      ids.resize((rows.size() + 1) * seq, kPadId);
      rows.push_back((rows.size() + 1) * tokens - 1);
    }
    ModelInput input =
        InputOf(run_, at::from_blob(ids.data(), {lines, seq}, at::kLong), samples_,
                std::vector<int64_t>(lines, LineRoom(run_, prompt_)), options_.cache ? &cache_ : nullptr);
    input.rows = at::from_blob(rows.data(), {lines}, at::kLong);
    return run_.model->Forward(input);
  }

  const ModelRun& run_;
  const std::vector<uint64_t>& samples_;
  const GenerateOptions& options_;
  std::vector<Line> lines_;
  int64_t prompt_ = 0;  // tokens of each prompt
  KeyValueCache cache_;
};

}  // namespace

absl::StatusOr<std::vector<Generated>> GenerateAnswers(const ModelRun& run, const std::vector<std::string>& prompts,
                                                       const std::vector<uint64_t>& samples,
                                                       const GenerateOptions& options) {
  const at::NoGradGuard no_grad;
  Generator generator(run, samples, options);
  for (const std::string& prompt : prompts) TALLY_RETURN_IF_ERROR(generator.AddPrompt(prompt));
  return generator.Run();
}

absl::StatusOr<Generated> GenerateAnswer(const ModelRun& run, const std::string& prompt, uint64_t sample,
                                         const GenerateOptions& options) {
  TALLY_ASSIGN_OR_RETURN(std::vector<Generated> answers, GenerateAnswers(run, {prompt}, {sample}, options));
  return std::move(answers[0]);
}

}  // namespace tally

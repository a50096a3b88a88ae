// What scoring costs beside a plain forward pass over the same tokens: scoring SHARE [HIDDEN [THREADS [TURNS]]].
//
//   1. The problems are one in SHARE of the cells of the grid of 1..100 by 1..100 digits, 100 sums a cell.
//   2. Scoring is ScoreLines, which is all that eval does for a batch.
//   3. The plain pass is Model::Forward over the same lines in batches of equal lengths: the logits of all tokens.
//      Both run LibTorch serially in THREADS threads (0: one a core).
//   4. They take turns, TURNS of each; printed are the medians and their ratio.
// The model is the default one with HIDDEN features (128) and fresh parameters: their values do not change the time.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

#include "bench/timing.h"
#include "lib/base/random.h"
#include "lib/eval/score.h"
#include "lib/model/torch_runtime.h"
#include "lib/tasks/sampling/sampler.h"

namespace {

constexpr int64_t kSamples = 100;
constexpr int kLongest = 100;

std::vector<tally::ScoreLine> Lines(int64_t share) {
  std::vector<tally::ScoreLine> lines;
  for (int64_t cell = 0; cell < kLongest * kLongest; cell += share) {
    tally::SamplerOptions options;
    options.first.min = options.first.max = static_cast<int>(cell / kLongest + 1);
    options.second.min = options.second.max = static_cast<int>(cell % kLongest + 1);
    tally::Sampler sampler = *tally::Sampler::Create(options);
    for (int64_t i = 0; i < kSamples; ++i) {
      lines.push_back({"", static_cast<uint64_t>(i), cell});
      if (!sampler.Sample(/*seed=*/0, tally::RandomStream::kEvaluation, cell * kSamples + i, &lines.back().text).ok()) {
        std::abort();
      }
    }
  }
  return lines;
}

// The inputs of all lines, in batches of lines of equal length, [lines, tokens] each.
std::vector<at::Tensor> Inputs(const tally::ModelRun& run, std::vector<tally::ScoreLine> lines, int64_t batch_tokens) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const tally::ScoreLine& a, const tally::ScoreLine& b) { return a.text.size() < b.text.size(); });
  std::vector<at::Tensor> batches;
  for (size_t begin = 0, end; begin < lines.size(); begin = end) {
    const int64_t tokens = lines[begin].text.size(), most = std::max<int64_t>(1, batch_tokens / tokens);
    for (end = begin; end < lines.size() && static_cast<int64_t>(end - begin) < most; ++end) {
      if (static_cast<int64_t>(lines[end].text.size()) != tokens) break;
    }
    const at::Tensor ids = at::empty({static_cast<int64_t>(end - begin), tokens}, at::kLong);
    int64_t* out = ids.data_ptr<int64_t>();
    for (size_t i = begin; i < end; ++i, out += tokens) {
      const std::vector<uint8_t> encoded = *tally::EncodeLine(run, lines[i].text);
      std::copy(encoded.begin(), encoded.end(), out);
    }
    batches.push_back(ids);
  }
  return batches;
}

void ForwardAll(const tally::Model& model, const std::vector<at::Tensor>& batches, int threads) {
  std::atomic<size_t> next = 0;
  tally::RunInThreads(tally::ThreadCount(threads), [&](int) {
    const at::NoGradGuard no_grad;
    for (size_t i = next++; i < batches.size(); i = next++) {
      tally::ModelInput input;
      input.ids = batches[i];
      model.Forward(input);
    }
  });
}

double Seconds(const std::function<void()>& work) {
  const tally::Clock::time_point start = tally::Clock::now();
  work();
  return tally::SecondsSince(start);
}

int64_t Argument(int argc, char** argv, int i, int64_t otherwise) { return argc > i ? std::atoll(argv[i]) : otherwise; }

}  // namespace

int main(int argc, char** argv) {
  const int64_t share = Argument(argc, argv, 1, 0), turns = Argument(argc, argv, 4, 3);
  if (share < 1 || turns < 1) {
    std::fprintf(stderr, "usage: scoring SHARE [HIDDEN [THREADS [TURNS]]]\n");
    return 2;
  }
  const auto threads = static_cast<int>(Argument(argc, argv, 3, 0));
  tally::ModelConfig config;
  config.set_hidden_size(static_cast<int32_t>(Argument(argc, argv, 2, 128)));
  const std::unique_ptr<tally::Model> model = *tally::Model::Create(config, /*seed=*/1);
  const tally::Vocabulary vocabulary = tally::Vocabulary::Arithmetic();
  const tally::ModelRun run = {model.get(), &vocabulary};
  tally::ScoreOptions options;
  options.threads = threads;
  const std::vector<tally::ScoreLine> lines = Lines(share);
  const std::vector<at::Tensor> inputs = Inputs(run, lines, options.batch_tokens);
  double tokens = 0;
  for (const at::Tensor& batch : inputs) tokens += static_cast<double>(batch.numel());
  std::vector<double> plain, scoring;
  for (int64_t i = 0; i < turns; ++i) {
    plain.push_back(Seconds([&] { ForwardAll(*model, inputs, threads); }));
    scoring.push_back(Seconds([&] { (void)tally::ScoreLines(run, lines, options); }));
  }
  std::printf("width %d, %d recurrences, %d threads: %.0f tokens; forward %.2f s, scoring %.2f s (%.0f tokens/s)\n",
              config.hidden_size(), config.recurrences(), tally::ThreadCount(threads), tokens, tally::Median(plain),
              tally::Median(scoring), tokens / tally::Median(scoring));
  std::printf("scoring / forward: %.2f\n", tally::Median(scoring) / tally::Median(plain));
}

#include "lib/eval/score.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/thread_pool.h"
#include "lib/eval/for_each.h"
#include "lib/kernels/attention/causal_attention.h"

namespace tally {
namespace {

// Batches of this many tokens are large enough to stay among lines of one length; smaller ones take longer lines too,
// up to this much longer.
constexpr int64_t kWholeBatch = 512;
constexpr double kLongestToShortest = 1.25;

// In a line of this many tokens attention is worth several threads, where there are fewer batches than threads.
constexpr int64_t kLongLine = 2048;

// A line as the model reads it.
struct Encoded {
  const ScoreLine* line;
  size_t number;             // among the lines given
  std::vector<int64_t> ids;  // EOS included
  int64_t equals;            // place of the first `=`
  int64_t room;              // as LineRoom
  int64_t recurrences;       // as configured

  int64_t inputs() const { return static_cast<int64_t>(ids.size()) - 1; }  // the last token is never an input
};

absl::StatusOr<Encoded> Encode(const ModelRun& run, const ScoreLine& line, size_t number) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<uint8_t> ids, EncodeLine(run, line.text));
  Encoded encoded = {&line, number, {ids.begin(), ids.end()}, 0, 0, 0};
  encoded.ids.push_back(kEndId);
  encoded.equals = std::find(ids.begin(), ids.end(), run.vocabulary->equals_id()) - ids.begin();
  encoded.room = LineRoom(run, encoded.equals + 1);
  encoded.recurrences = CountRecurrences(run.model->config(), encoded.ids.data(), encoded.inputs());
  if (encoded.inputs() <= encoded.room) return encoded;
  return BadInputError(absl::StrCat("found ", encoded.inputs(), " tokens, expected at most ", encoded.room,
                                    ": random positions are drawn for twice the prompt"));
}

// The inputs and labels of a batch.
struct Batch {
  explicit Batch(absl::Span<const Encoded> lines);

  ModelInput InputFor(const ModelRun& run) {
    const at::Tensor all = View(ids, {static_cast<int64_t>(samples.size()), length});
    ModelInput input = InputOf(run, all, samples, rooms);
    input.rows = View(rows, {static_cast<int64_t>(rows.size())});
    return input;
  }

  static at::Tensor View(std::vector<int64_t>& values, at::IntArrayRef shape) {
    return at::from_blob(values.data(), shape, at::kLong);
  }

  int64_t length = 0;
  std::vector<int64_t> ids;  // [lines, length], padded with PAD
  std::vector<uint64_t> samples;
  std::vector<int64_t> rooms;
  std::vector<int64_t> rows;    // positions in ids whose next token is scored
  std::vector<int64_t> labels;  // these tokens
  std::vector<size_t> ends;     // [lines] where the labels of each line end
};

Batch::Batch(absl::Span<const Encoded> lines) {
  for (const Encoded& line : lines) length = std::max(length, line.inputs());
  ids.assign(lines.size() * length, kPadId);
  for (size_t i = 0; i < lines.size(); ++i) {
    const Encoded& line = lines[i];
    const int64_t begin = i * length;
    std::copy(line.ids.begin(), line.ids.end() - 1, ids.begin() + begin);
    samples.push_back(line.line->sample);
    rooms.push_back(line.room);
    for (int64_t t = line.equals; t < line.inputs(); ++t) {
      rows.push_back(begin + t);
      labels.push_back(line.ids[t + 1]);
    }
    ends.push_back(labels.size());
  }
}

// What was predicted for each label, and how likely both were.
std::vector<TokenScore> TokenScores(const at::Tensor& logits, const at::Tensor& predicted, const Batch& batch) {
  const at::Tensor log_probabilities = logits.to(at::kFloat).log_softmax(-1).cpu();
  const auto likely = log_probabilities.accessor<float, 2>();
  const absl::Span<const int64_t> got(predicted.const_data_ptr<int64_t>(), batch.labels.size());
  std::vector<TokenScore> tokens;
  for (size_t t = 0; t < batch.labels.size(); ++t) {
    const auto row = static_cast<int64_t>(t);
    tokens.push_back({batch.labels[t], got[t], likely[row][batch.labels[t]], likely[row][got[t]]});
  }
  return tokens;
}

// Scores of a line after each of several numbers of recurrences, and those of its tokens where they are wanted.
struct LineScores {
  std::vector<Score> scores;
  std::vector<std::vector<TokenScore>> tokens;
};

// The scores of a batch of `lines`, as ScoreLines.
std::vector<LineScores> ScoreEncoded(const ModelRun& run, absl::Span<const Encoded> lines, const ScoreOptions& options,
                                     bool with_tokens) {
  const at::NoGradGuard no_grad;
  Batch batch(lines);
  const ModelInput input = batch.InputFor(run);
  std::vector<LineScores> all(lines.size());
  for (const at::Tensor& logits : run.model->ForwardAfter(input, options.recurrences)) {
    const at::Tensor predicted = logits.argmax(-1).cpu();
    const absl::Span<const int64_t> got(predicted.const_data_ptr<int64_t>(), batch.labels.size());
    const absl::Span<const int64_t> labels = batch.labels;
    const std::vector<TokenScore> tokens =
        with_tokens ? TokenScores(logits, predicted, batch) : std::vector<TokenScore>();
    size_t begin = 0;
    for (size_t k = 0; k < lines.size(); ++k) {
      const size_t end = batch.ends[k], count = end - begin;
      all[k].scores.push_back(ScoreAnswer(labels.subspan(begin, count), got.subspan(begin, count), options.keep_right));
      if (with_tokens) all[k].tokens.emplace_back(tokens.begin() + begin, tokens.begin() + end);
      begin = end;
    }
  }
  return all;
}

// Lines of one cell with equally many recurrences: where these grow with operands, none runs more than it needs.
bool GoTogether(const Encoded& a, const Encoded& b) {
  return a.line->cell == b.line->cell && a.recurrences == b.recurrences;
}

// The batches of lines sorted by cell, recurrences and length.
std::vector<absl::Span<const Encoded>> CutIntoBatches(const std::vector<Encoded>& lines, int64_t batch_tokens) {
  std::vector<absl::Span<const Encoded>> batches;
  for (size_t begin = 0, end; begin < lines.size(); begin = end) {
    const int64_t shortest = lines[begin].inputs();
    for (end = begin + 1; end < lines.size() && GoTogether(lines[begin], lines[end]); ++end) {
      const int64_t longest = lines[end].inputs(), size = end - begin;
      if ((size + 1) * longest > batch_tokens) break;
      const bool longer = longest > lines[end - 1].inputs();
      if (longer && (size * shortest >= kWholeBatch || longest > kLongestToShortest * shortest)) break;
    }
    batches.emplace_back(&lines[begin], end - begin);
  }
  return batches;
}

absl::Status CheckRecurrences(const std::vector<int64_t>& recurrences) {
  int64_t last = 0;
  for (const int64_t count : recurrences) {
    if (count <= last) return UsageError(absl::StrCat("found ", count, " recurrences after ", last, ", expected more"));
    last = count;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::vector<Score>>> ScoreLines(const ModelRun& run, const std::vector<ScoreLine>& lines,
                                                           const ScoreOptions& options,
                                                           std::vector<std::vector<std::vector<TokenScore>>>* tokens) {
  TALLY_RETURN_IF_ERROR(CheckRecurrences(options.recurrences));
  std::vector<Encoded> encoded(lines.size());
  TALLY_RETURN_IF_ERROR(ForEach(static_cast<int64_t>(lines.size()), options.threads, [&](int64_t i) -> absl::Status {
    TALLY_ASSIGN_OR_RETURN(encoded[i], Encode(run, lines[i], i));
    return absl::OkStatus();
  }));
  std::stable_sort(encoded.begin(), encoded.end(), [](const Encoded& a, const Encoded& b) {
    return std::tuple(a.line->cell, a.recurrences, a.ids.size()) <
           std::tuple(b.line->cell, b.recurrences, b.ids.size());
  });
  const std::vector<absl::Span<const Encoded>> batches = CutIntoBatches(encoded, options.batch_tokens);
  std::vector<std::vector<Score>> scores(std::max<size_t>(options.recurrences.size(), 1),
                                         std::vector<Score>(lines.size()));
  if (tokens != nullptr) tokens->assign(scores.size(), std::vector<std::vector<TokenScore>>(lines.size()));
  const auto spare = ThreadCount(options.threads) / std::max<int64_t>(static_cast<int64_t>(batches.size()), 1);
  const auto score = [&](int64_t i) {
    const bool several = spare > 1 && batches[i].back().inputs() >= kLongLine;
    const AttentionThreads threads(several ? static_cast<int>(spare) : 1);
    std::vector<LineScores> of_batch = ScoreEncoded(run, batches[i], options, tokens != nullptr);
    for (size_t k = 0; k < of_batch.size(); ++k) {
      for (size_t p = 0; p < scores.size(); ++p) {
        scores[p][batches[i][k].number] = of_batch[k].scores[p];
        if (tokens != nullptr) (*tokens)[p][batches[i][k].number] = std::move(of_batch[k].tokens[p]);
      }
    }
    return absl::OkStatus();
  };
  TALLY_RETURN_IF_ERROR(ForEach(static_cast<int64_t>(batches.size()), options.threads, score));
  return scores;
}

}  // namespace tally

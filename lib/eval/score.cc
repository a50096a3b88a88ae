#include "lib/eval/score.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

// Longest run of digits in `ids`.
int64_t LongestNumber(const std::vector<uint8_t>& ids) {
  int64_t longest = 0, run = 0;
  for (const uint8_t id : ids) {
    run = IsDigitId(id) ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

absl::StatusOr<std::vector<uint8_t>> Encode(const ScoreOptions& options, const std::string& text) {
  std::vector<uint8_t> ids;
  TALLY_RETURN_IF_ERROR(options.vocabulary->Encode(text, &ids));
  TALLY_RETURN_IF_ERROR(options.model->CheckLength(LongestNumber(ids)));
  return ids;
}

// The inputs and labels of a batch; a row's last token is never an input.
struct Batch {
  int64_t length = 0;
  std::vector<int64_t> ids;     // [lines, length], padded with PAD
  std::vector<int64_t> rows;    // positions in ids whose next token is scored
  std::vector<int64_t> labels;  // these tokens
  std::vector<size_t> owners;   // their lines
};

Batch MakeBatch(const std::vector<std::vector<uint8_t>>& texts, uint8_t equals_id) {
  Batch batch;
  for (const std::vector<uint8_t>& ids : texts) batch.length = std::max<int64_t>(batch.length, ids.size() - 1);
  batch.ids.assign(texts.size() * batch.length, kPadId);
  for (size_t line = 0; line < texts.size(); ++line) {
    const std::vector<uint8_t>& ids = texts[line];
    const int64_t begin = line * batch.length;
    std::copy(ids.begin(), ids.end() - 1, batch.ids.begin() + begin);
    const int64_t equals = std::find(ids.begin(), ids.end(), equals_id) - ids.begin();
    for (int64_t t = equals; t + 1 < static_cast<int64_t>(ids.size()); ++t) {
      batch.rows.push_back(begin + t);
      batch.labels.push_back(ids[t + 1]);
      batch.owners.push_back(line);
    }
  }
  return batch;
}

at::Tensor View(std::vector<int64_t>& values, at::IntArrayRef shape) {
  return at::from_blob(values.data(), shape, at::kLong);
}

}  // namespace

absl::StatusOr<std::vector<Score>> ScoreBatch(const ScoreOptions& options, const std::vector<ScoreLine>& lines) {
  const at::NoGradGuard no_grad;
  std::vector<std::vector<uint8_t>> texts;
  std::vector<uint64_t> samples;
  for (const ScoreLine& line : lines) {
    TALLY_ASSIGN_OR_RETURN(std::vector<uint8_t> ids, Encode(options, line.text));
    ids.push_back(kEndId);
    texts.push_back(std::move(ids));
    samples.push_back(line.sample);
  }
  Batch batch = MakeBatch(texts, options.vocabulary->equals_id());
  ModelInput input;
  input.ids = View(batch.ids, {static_cast<int64_t>(lines.size()), batch.length});
  input.rows = View(batch.rows, {static_cast<int64_t>(batch.rows.size())});
  input.recurrences = options.recurrences;
  input.initial_state = options.model->InitialState(options.seed, samples, batch.length);
  const at::Tensor predicted = options.model->Forward(input).argmax(-1);
  const int64_t* const tokens = predicted.const_data_ptr<int64_t>();
  std::vector<Score> scores(lines.size());
  for (size_t i = 0; i < batch.labels.size(); ++i) {
    Score& score = scores[batch.owners[i]];
    ++score.tokens;
    score.tokens_right += tokens[i] == batch.labels[i];
  }
  for (Score& score : scores) score.exact = score.tokens_right == score.tokens;
  return scores;
}

absl::StatusOr<Generated> GenerateAnswer(const ScoreOptions& options, const ScoreLine& prompt, int64_t max_tokens) {
  const at::NoGradGuard no_grad;
  TALLY_ASSIGN_OR_RETURN(const std::vector<uint8_t> prompt_ids, Encode(options, prompt.text));
  std::vector<int64_t> ids(prompt_ids.begin(), prompt_ids.end());
  Generated generated;
  for (int64_t step = 0; step < max_tokens; ++step) {
    std::vector<int64_t> last = {static_cast<int64_t>(ids.size()) - 1};
    ModelInput input;
    input.ids = View(ids, {1, static_cast<int64_t>(ids.size())});
    input.rows = View(last, {1});
    input.recurrences = options.recurrences;
    input.initial_state = options.model->InitialState(options.seed, {prompt.sample}, ids.size());
    const int64_t next = options.model->Forward(input).argmax(-1).item<int64_t>();
    generated.ended = next == kEndId;
    if (generated.ended) break;
    ids.push_back(next);
  }
  generated.ids.assign(ids.begin() + prompt_ids.size(), ids.end());
  return generated;
}

}  // namespace tally

#include "lib/eval/score.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

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

absl::StatusOr<std::vector<Score>> ScoreBatch(const ModelRun& run, const std::vector<ScoreLine>& lines) {
  const at::NoGradGuard no_grad;
  std::vector<std::vector<uint8_t>> texts;
  std::vector<uint64_t> samples;
  std::vector<int64_t> lengths;
  for (const ScoreLine& line : lines) {
    TALLY_ASSIGN_OR_RETURN(std::vector<uint8_t> ids, EncodeLine(run, line.text));
    ids.push_back(kEndId);
    const int64_t prompt = std::find(ids.begin(), ids.end(), run.vocabulary->equals_id()) - ids.begin() + 1;
    lengths.push_back(LineRoom(run, prompt));
    if (static_cast<int64_t>(ids.size()) - 1 > lengths.back()) {
      return BadInputError(absl::StrCat("found ", ids.size() - 1, " tokens, expected at most ", lengths.back(),
                                        ": random positions are drawn for twice the prompt"));
    }
    texts.push_back(std::move(ids));
    samples.push_back(line.sample);
  }
  Batch batch = MakeBatch(texts, run.vocabulary->equals_id());
  ModelInput input =
      InputOf(run, View(batch.ids, {static_cast<int64_t>(lines.size()), batch.length}), samples, lengths);
  input.rows = View(batch.rows, {static_cast<int64_t>(batch.rows.size())});
  const at::Tensor predicted = run.model->Forward(input).argmax(-1);
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

}  // namespace tally

#include "lib/eval/logits.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

// Reads tensors of one file.
class Reader {
 public:
  explicit Reader(const SafetensorsFile& file) : file_(file) {}

  bool Has(const std::string& name) const { return file_.tensors().count(name) > 0; }

  // The tensor called `name`; -1 in `shape` stands for any size of at least 1.
  absl::StatusOr<at::Tensor> Get(const std::string& name, at::ScalarType type,
                                 const std::vector<int64_t>& shape) const {
    TALLY_ASSIGN_OR_RETURN(const TensorView view, file_.Find(name, type == at::kLong ? DType::kI64 : DType::kF32));
    bool fits = view.shape.size() == shape.size();
    for (size_t i = 0; fits && i < shape.size(); ++i)
      fits = shape[i] == -1 ? view.shape[i] > 0 : view.shape[i] == shape[i];
    if (!fits) {
      return BadInputError(absl::StrCat(file_.path(), ": ", name, ": found shape [", absl::StrJoin(view.shape, ", "),
                                        "], expected [", absl::StrJoin(shape, ", "), "] (-1: any from 1 on)"));
    }
    // Bytes in the file need not be aligned.
    const at::Tensor copy = at::empty(view.shape, type);
    std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
    return copy;
  }

  // The same, all numbers within 0..size-1.
  absl::StatusOr<at::Tensor> GetIndices(const std::string& name, const std::vector<int64_t>& shape,
                                        int64_t size) const {
    TALLY_ASSIGN_OR_RETURN(const at::Tensor values, Get(name, at::kLong, shape));
    if (values.min().item<int64_t>() >= 0 && values.max().item<int64_t>() < size) return values;
    return BadInputError(absl::StrCat(file_.path(), ": ", name, ": expected numbers within 0..", size - 1));
  }

 private:
  const SafetensorsFile& file_;
};

absl::Status Write(const at::Tensor& logits, const std::string& out) {
  const at::Tensor dense = logits.cpu().contiguous();
  const absl::string_view bytes(static_cast<const char*>(dense.const_data_ptr()), dense.nbytes());
  return WriteSafetensors(out, {{"logits", {DType::kF32, dense.sizes().vec(), bytes}}}, {});
}

// The input for ids [batch, seq], rows of these lengths, numbered from 0 and complete as they are.
ModelInput WholeRows(const ModelRun& run, const at::Tensor& ids, const std::vector<int64_t>& lengths) {
  std::vector<uint64_t> samples(ids.size(0));
  std::iota(samples.begin(), samples.end(), uint64_t{0});
  return InputOf(run, ids, samples, lengths);
}

}  // namespace

absl::Status WriteLogitsOfIds(const ModelRun& run, const std::string& in, const std::string& out) {
  const at::NoGradGuard no_grad;
  TALLY_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(in));
  const Reader reader(*file);
  const ModelConfig& config = run.model->config();
  TALLY_ASSIGN_OR_RETURN(const at::Tensor ids, reader.GetIndices("input_ids", {-1, -1}, config.vocabulary_size()));
  for (int64_t b = 0; b < ids.size(0); ++b) {
    TALLY_RETURN_IF_ERROR(CheckFits(run, ids[b].const_data_ptr<int64_t>(), ids.size(1)));
  }
  const int64_t seq = ids.size(1);
  ModelInput input = WholeRows(run, ids, std::vector<int64_t>(ids.size(0), seq));
  if (reader.Has("initial_state")) {
    TALLY_ASSIGN_OR_RETURN(input.initial_state,
                           reader.Get("initial_state", at::kFloat, {ids.size(0), seq, config.hidden_size()}));
  }
  if (reader.Has("learned_rand_positions")) {
    TALLY_ASSIGN_OR_RETURN(input.table_positions,
                           reader.GetIndices("learned_rand_positions", {seq}, config.positions().table_rows()));
  }
  if (reader.Has("fire_train_positions")) {
    TALLY_ASSIGN_OR_RETURN(input.attention_positions,
                           reader.GetIndices("fire_train_positions", {seq}, int64_t{1} << 24));
  }
  return Write(run.model->Forward(input), out);
}

absl::Status WriteLogitsOfLines(const ModelRun& run, const std::string& in, const std::string& out) {
  const at::NoGradGuard no_grad;
  TALLY_ASSIGN_OR_RETURN(const auto lines, LineReader::Open(in));
  std::vector<std::vector<uint8_t>> rows;
  size_t longest = 0;
  absl::string_view line;
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, lines->Next(&line));
    if (!more) break;
    const absl::StatusOr<std::vector<uint8_t>> ids = EncodeLine(run, line);
    if (!ids.ok()) return lines->ErrorHere(ids.status().message());
    if (ids->empty()) return lines->ErrorHere("found an empty line, expected text");
    rows.push_back(*ids);
    longest = std::max(longest, ids->size());
  }
  if (rows.empty()) return BadInputError(absl::StrCat(lines->name(), ": found no line, expected one at least"));
  std::vector<int64_t> ids(rows.size() * longest, kPadId), lengths;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::copy(rows[i].begin(), rows[i].end(), ids.begin() + i * longest);
    lengths.push_back(static_cast<int64_t>(rows[i].size()));
  }
  const at::Tensor batch =
      at::from_blob(ids.data(), {static_cast<int64_t>(rows.size()), static_cast<int64_t>(longest)}, at::kLong);
  return Write(run.model->Forward(WholeRows(run, batch, lengths)), out);
}

}  // namespace tally

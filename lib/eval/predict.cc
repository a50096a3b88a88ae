#include "lib/eval/predict.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/arithmetic/oracle.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/eval/score.h"
#include "lib/model/position_ids.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

// A tensor of the file as LibTorch's; bytes in the file need not be aligned.
at::Tensor Copy(const TensorView& view, at::ScalarType type) {
  const at::Tensor copy = at::empty(view.shape, type);
  std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
  return copy;
}

// BadInput where a number in `ids` [batch, seq] is too long for the model's position table.
absl::Status CheckLengths(const at::Tensor& ids, const Model& model) {
  std::vector<int64_t> positions(ids.size(1));
  for (int64_t b = 0; b < ids.size(0); ++b) {
    AbacusIds(ids.const_data_ptr<int64_t>() + b * ids.size(1), ids.size(1), positions.data());
    TALLY_RETURN_IF_ERROR(model.CheckLength(*std::max_element(positions.begin(), positions.end())));
  }
  return absl::OkStatus();
}

absl::StatusOr<ModelInput> ReadInput(const PredictOptions& options, const Model& model) {
  TALLY_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(options.ids_in));
  TALLY_ASSIGN_OR_RETURN(const TensorView ids, file->Find("input_ids", DType::kI64));
  if (ids.shape.size() != 2 || ids.elements() == 0) {
    return BadInputError(absl::StrCat(options.ids_in, ": input_ids: found shape [", absl::StrJoin(ids.shape, ", "),
                                      "], expected [batch, seq], both at least 1"));
  }
  ModelInput input;
  input.recurrences = options.recurrences;
  input.ids = Copy(ids, at::kLong);
  const int64_t size = model.config().vocabulary_size();
  if (input.ids.min().item<int64_t>() < 0 || input.ids.max().item<int64_t>() >= size) {
    return BadInputError(absl::StrCat(options.ids_in, ": input_ids: expected ids within 0..", size - 1));
  }
  TALLY_RETURN_IF_ERROR(CheckLengths(input.ids, model));
  if (file->tensors().count("initial_state") > 0) {
    TALLY_ASSIGN_OR_RETURN(const TensorView state, file->Find("initial_state", DType::kF32));
    const std::vector<int64_t> expected = {ids.shape[0], ids.shape[1], model.config().hidden_size()};
    if (state.shape != expected) {
      return BadInputError(absl::StrCat(options.ids_in, ": initial_state: found shape [",
                                        absl::StrJoin(state.shape, ", "), "], expected [",
                                        absl::StrJoin(expected, ", "), "]"));
    }
    input.initial_state = Copy(state, at::kFloat);
  } else {
    std::vector<uint64_t> samples(ids.shape[0]);
    for (size_t i = 0; i < samples.size(); ++i) samples[i] = i;
    input.initial_state = model.InitialState(options.seed, samples, ids.shape[1]);
  }
  return input;
}

absl::Status WriteLogits(const PredictOptions& options, const Model& model) {
  const at::NoGradGuard no_grad;
  TALLY_ASSIGN_OR_RETURN(const ModelInput input, ReadInput(options, model));
  const at::Tensor logits = model.Forward(input).contiguous();
  const absl::string_view bytes(static_cast<const char*>(logits.const_data_ptr()), logits.nbytes());
  return WriteSafetensors(options.logits_out, {{"logits", {DType::kF32, logits.sizes().vec(), bytes}}}, {});
}

// Completes the lines of options.in.
absl::Status Complete(const PredictOptions& options, const LoadedModel& loaded) {
  const ScoreOptions score = {loaded.model.get(), &loaded.card.vocabulary, options.recurrences, options.seed};
  const ProblemFormat format = {'+', loaded.card.digit_order};
  TALLY_ASSIGN_OR_RETURN(const auto in, LineReader::Open(options.in));
  TALLY_ASSIGN_OR_RETURN(const auto out, OutputStream::Open(options.out));
  absl::string_view line;
  int64_t wrong = 0, lines = 0;
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, in->Next(&line));
    if (!more) break;
    const absl::StatusOr<ParsedProblem> problem = ParseProblem(line);
    if (!problem.ok()) return in->ErrorHere(problem.status().message());
    if (!problem->answer.empty()) {
      return in->ErrorHere(absl::StrCat("found an answer, ", problem->answer, ", expected nothing after ="));
    }
    const int64_t longest = std::max(problem->first.size(), problem->second.size());
    const int64_t limit = options.max_tokens > 0 ? options.max_tokens : longest + 3;
    const absl::StatusOr<Generated> generated =
        GenerateAnswer(score, {std::string(line), static_cast<uint64_t>(lines)}, limit);
    if (!generated.ok()) return in->ErrorHere(generated.status().message());
    const std::string answer = loaded.card.vocabulary.Decode(generated->ids.data(), generated->ids.size());
    TALLY_RETURN_IF_ERROR(out->Write(absl::StrCat(line, answer)));
    if (options.check) {
      const std::string right = OracleAnswer(*problem, format);
      wrong += right != answer || !generated->ended;
      TALLY_RETURN_IF_ERROR(out->Write(absl::StrCat("\t", right)));
    }
    TALLY_RETURN_IF_ERROR(out->Write("\n"));
    if (options.out == "-") TALLY_RETURN_IF_ERROR(out->Flush());
    ++lines;
  }
  TALLY_RETURN_IF_ERROR(out->Commit());
  if (wrong == 0) return absl::OkStatus();
  return CheckFailedError(absl::StrCat(wrong, " of ", lines, " answers differ from GMP's"));
}

}  // namespace

absl::Status Predict(const PredictOptions& options) {
  if (options.ids_in.empty() != options.logits_out.empty()) {
    return UsageError("--ids_in and --logits_out go together");
  }
  if (options.recurrences < 0 || options.max_tokens < 0 || options.threads < 0) {
    return UsageError("--recurrences, --max_tokens and --threads: found a negative number, expected 0 or more");
  }
  if (options.threads > 0) at::set_num_threads(options.threads);
  TALLY_ASSIGN_OR_RETURN(const LoadedModel loaded, LoadModel(options.model));
  if (!options.ids_in.empty()) return WriteLogits(options, *loaded.model);
  return Complete(options, loaded);
}

}  // namespace tally

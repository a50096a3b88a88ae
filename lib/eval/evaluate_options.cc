#include "lib/eval/evaluate_options.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/config/options.h"
#include "lib/eval/cell_problems.h"
#include "lib/eval/given_problems.h"
#include "lib/model/validate.h"
#include "lib/results/cell.h"
#include "lib/results/grid.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

constexpr double kLeastInterval = 1e-4;

absl::Status ValidateNumbers(const EvaluationFlags& flags) {
  TALLY_RETURN_IF_ERROR(CheckRanges(flags, "--"));
  if (flags.interval() == 0 || flags.interval() >= kLeastInterval) return absl::OkStatus();
  return UsageError(absl::StrCat("--interval=", flags.interval(), "; expected 0, or at least ", kLeastInterval));
}

absl::Status ValidateDecoding(const EvaluationFlags& flags) {
  const std::string& decoding = flags.decoding();
  const double temperature = flags.inference().temperature();
  const int64_t top_k = flags.inference().top_k();
  const std::vector<std::string> names = {kTeacherForced, kGenerate, kGenerateWithoutCache};
  if (std::find(names.begin(), names.end(), decoding) == names.end()) {
    return UsageError(absl::StrCat("--decoding=", decoding, "; expected one of ", absl::StrJoin(names, ", "),
                                   DidYouMean(decoding, names)));
  }
  if (decoding == kTeacherForced && (temperature > 0 || top_k > 0)) {
    return UsageError("--temperature and --top_k draw answers; expected --decoding=generate with them");
  }
  return ValidateTopK(flags.inference());
}

}  // namespace

absl::Status ValidateTopK(const InferenceFlags& flags) {
  if (flags.top_k() == 0 || flags.temperature() > 0) return absl::OkStatus();
  return UsageError("--top_k is for drawn answers; expected --temperature with it");
}

SamplePlan PlanOf(const EvaluationFlags& flags) { return {flags.samples(), flags.interval()}; }

absl::Status ValidateEvaluateOptions(const EvaluateOptions& options) {
  if (options.flags.inference().model().empty())
    return UsageError("--model is missing; expected a run or a checkpoint");
  TALLY_RETURN_IF_ERROR(ValidateNumbers(options.flags));
  TALLY_RETURN_IF_ERROR(ValidateDecoding(options.flags));
  if (options.flags.answers_a_cell() > 0 && options.flags.log_answers().empty()) {
    return UsageError("--answers_a_cell is for logged answers; expected --log_answers with it");
  }
  TALLY_ASSIGN_OR_RETURN(const CellsBy by, ParseCellsBy(options.flags.cells_by()));
  if (options.flags.problems().empty() && by != CellsBy::kLengths) {
    return UsageError("--cells_by is for given problems; expected --problems with it");
  }
  if (options.flags.problems().empty() && options.flags.add_index_hints()) {
    return UsageError("--add_index_hints is for given problems; expected --problems with it");
  }
  if (options.flags.problems().empty() && options.flags.has_split()) {
    return UsageError("--split is for given problems; expected --problems with it");
  }
  if (options.flags.problems().empty()) return ValidateGrid(options.grid);
  if (options.grid_asked) {
    return UsageError("--problems says which cells; expected no lengths, operands or grid with it");
  }
  if (options.flags.has_samples()) {
    return UsageError("--samples is for cells of a grid, and all given problems are scored; expected no --problems");
  }
  if (options.flags.interval() > 0)
    return UsageError("--interval stops cells of a grid; expected no --problems with it");
  return absl::OkStatus();
}

absl::StatusOr<Grid> ResolveGridFlags(const EvalGridFlags& flags, const std::string& usual) {
  if (!flags.grid().empty()) {
    if (flags.rows().empty() && flags.cols().empty() && flags.operands().empty()) return ParseGrid(flags.grid());
    return UsageError("--grid says which cells; expected no lengths or operands with it");
  }
  if (!flags.operands().empty() && !flags.cols().empty()) {
    return UsageError("--operands: all numbers have the length of the row; expected no --cols with it");
  }
  Grid grid;
  TALLY_ASSIGN_OR_RETURN(grid.rows, ParseLengths(flags.rows().empty() ? usual : flags.rows()));
  if (flags.operands().empty()) {
    TALLY_ASSIGN_OR_RETURN(grid.cols, ParseLengths(flags.cols().empty() ? usual : flags.cols()));
  } else {
    TALLY_ASSIGN_OR_RETURN(grid.operands, ParseLengths(flags.operands()));
  }
  return grid;
}

absl::StatusOr<EvaluateOptions> OptionsOfEval(const EvaluationFlags& flags, const EvalGridFlags& grid) {
  EvaluateOptions options;
  options.flags = flags;
  TALLY_ASSIGN_OR_RETURN(options.tasks, ParseTasks(grid.task()));
  TALLY_ASSIGN_OR_RETURN(options.grid, ResolveGridFlags(grid, "1..20"));
  options.grid_asked = grid.has_grid() || grid.has_rows() || grid.has_cols() || grid.has_operands();
  return options;
}

absl::StatusOr<std::vector<const Task*>> ParseTasks(const std::string& text) {
  std::vector<const Task*> tasks;
  for (const absl::string_view name : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    TALLY_ASSIGN_OR_RETURN(const Task* const task, FindTask(name));
    tasks.push_back(task);
  }
  return tasks;
}

absl::StatusOr<std::vector<int64_t>> ParseRecurrences(const std::string& text) {
  if (text == "0") return std::vector<int64_t>{};
  const absl::StatusOr<std::vector<int64_t>> counts = ParseLengths(text);
  if (counts.ok()) return counts;
  return UsageError(absl::StrCat("--recurrences=", text, "; expected a count or several, such as 8 or 1..16, or 0"));
}

int64_t BatchTokensOfDevice(const ModelConfig& config, int64_t memory) {
  constexpr int64_t kMost = 1 << 16, kPasses = 32;
  // Numbers of float32 that are alive at a time, generously: states, queries, keys and values; GEGLU's two halves and
  // their product; logits of 64 keys or queries three times over.
  const int64_t hidden = config.hidden_size(), heads = config.attention().heads();
  const int64_t numbers = 16 * hidden + 3 * IntermediateSize(config) + 3 * int64_t{64} * heads;
  const int64_t tokens = memory / kPasses / (numbers * static_cast<int64_t>(sizeof(float)));
  return std::clamp(tokens, kBatchTokensOfCpus, kMost);
}

std::map<std::string, std::vector<std::string>> InferenceWords() {
  return {{"device", {"auto", "cpu", "cuda"}}, {"precision", {"F32", "BF16", "TF32", "FP16"}}};
}

std::map<std::string, std::vector<std::string>> EvaluationWords() {
  std::map<std::string, std::vector<std::string>> words = InferenceWords();
  words[""] = {"merge", "summary", "export"};
  words["cells_by"] = {"lengths", "folder", "file"};
  words["decoding"] = {kTeacherForced, kGenerate, kGenerateWithoutCache};
  words["shard"] = {"auto"};
  return words;
}

std::map<std::string, std::vector<std::string>> EvalWords() {
  std::map<std::string, std::vector<std::string>> words = EvaluationWords();
  words["grid"] = GridNames();
  words["task"] = TaskNames();
  return words;
}

}  // namespace tally

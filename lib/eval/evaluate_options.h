// What an evaluation is asked to do. Torch-free.
#ifndef TALLY_LIB_EVAL_EVALUATE_OPTIONS_H_
#define TALLY_LIB_EVAL_EVALUATE_OPTIONS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/shard.h"
#include "lib/eval/cell_problems.h"
#include "lib/eval/evaluation_flags.pb.h"
#include "lib/model/model_config.pb.h"
#include "lib/results/cell.h"
#include "lib/results/grid.h"
#include "lib/tasks/task.h"

namespace tally {

struct EvaluateOptions {
  EvaluationFlags flags;
  std::vector<const Task*> tasks;  // of the model's those that are evaluated; none: all
  Grid grid;                       // cells where no problems are given, and recurrence counts where they are
  bool grid_asked = false;         // the user says which cells of a grid
  Shard shard;                     // part of the cells (shard_cells.h)
};

// Problems a cell of the grid.
SamplePlan PlanOf(const EvaluationFlags& flags);

// UsageError, which names the flag, for values outside of their range, unknown names (with the nearest known one), and
// options that contradict each other or could have no effect.
absl::Status ValidateEvaluateOptions(const EvaluateOptions& options);

// UsageError for --top_k without a --temperature to draw with.
absl::Status ValidateTopK(const InferenceFlags& flags);

// The grid that the flags describe; rows and cols that were not given are `usual`. UsageError for flags that contradict
// each other, and errors of ParseGrid and ParseLengths.
absl::StatusOr<Grid> ResolveGridFlags(const EvalGridFlags& flags, const std::string& usual);

// What these flags of eval ask for, `flags` as they are. UsageError for what they cannot mean together.
absl::StatusOr<EvaluateOptions> OptionsOfEval(const EvaluationFlags& flags, const EvalGridFlags& grid);

// The tasks of a list such as "addition,sorting", none of "". UsageError for a name that is none.
absl::StatusOr<std::vector<const Task*>> ParseTasks(const std::string& text);

// `text` is a list of recurrence counts, or 0 for none.
absl::StatusOr<std::vector<int64_t>> ParseRecurrences(const std::string& text);

// The most tokens of a forward pass where flags leave it open: on CPUs what stays near a processor's caches; on a
// device of `memory` bytes what takes a thirty-second of it, by an estimate, so that as many threads may have one each,
// at least that of CPUs and at most 65,536, with which a device is busy.
constexpr int64_t kBatchTokensOfCpus = 4096;
int64_t BatchTokensOfDevice(const ModelConfig& config, int64_t memory);

// The words that text flags take, for completion (Tool::words, lib/config/tool_main.h): of InferenceFlags; those and of
// EvaluationFlags, with the words that stand before files: sort_eval's; those and of EvalGridFlags: eval's.
std::map<std::string, std::vector<std::string>> InferenceWords();
std::map<std::string, std::vector<std::string>> EvaluationWords();
std::map<std::string, std::vector<std::string>> EvalWords();

}  // namespace tally

#endif  // TALLY_LIB_EVAL_EVALUATE_OPTIONS_H_

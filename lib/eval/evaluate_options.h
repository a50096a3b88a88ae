// What an evaluation is asked to do. Torch-free.
#ifndef TALLY_LIB_EVAL_EVALUATE_OPTIONS_H_
#define TALLY_LIB_EVAL_EVALUATE_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/base/shard.h"
#include "lib/eval/sample_plan.h"
#include "lib/results/cell.h"
#include "lib/results/grid.h"
#include "lib/tasks/task.h"

namespace tally {

struct EvaluateOptions {
  std::string model;                  // run, checkpoint, or the reference's folder
  std::optional<Task> task;           // that the model must have; any where not given
  Grid grid;                          // cells, and recurrence counts where they are given
  std::vector<std::string> problems;  // files of given problems, each a cell of its own, instead of the grid's
  SamplePlan samples;                 // problems a cell of the grid
  uint64_t seed = 0;
  Shard shard;                            // part of the grid's cells (shard_cells.h)
  std::string decoding = kTeacherForced;  // how answers are judged (answer_lines.h)
  double temperature = 0;                 // of answers generated
  int64_t top_k = 0;                      // draw among so many tokens; 0: all
  int64_t batch_tokens = 4096;            // most tokens of a forward pass
  int64_t offset = -1;                    // of a digit table; -1: as configured
  double logit_factor = 1;                // on all attention logits
  std::string device = "auto";            // auto, cpu or cuda
  std::string precision = "F32";          // lib/model/precision.h
  int32_t threads = 0;                    // forward passes at a time; 0: one a core
  double min_exact = 0;                   // CheckFailed where a cell has a lower share of exact answers
  std::string out = "-";                  // cells as JSON lines
  std::string log_samples;                // file for wrong answers; "": none
};

// UsageError, which names the flag, for values outside of their range, unknown names (with the nearest known one), and
// options that contradict each other or could have no effect.
absl::Status ValidateEvaluateOptions(const EvaluateOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_EVALUATE_OPTIONS_H_

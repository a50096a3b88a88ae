// eval: exact match over a grid of operand lengths. Parses flags; the work is in lib/eval.
#include <cstdint>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/base/exit_code.h"
#include "lib/base/list_flag.h"
#include "lib/base/status_macros.h"
#include "lib/base/tool_main.h"
#include "lib/eval/evaluate.h"
#include "lib/eval/grid.h"
#include "lib/model/torch_version.h"

ABSL_FLAG(std::string, model, "", "run, checkpoint, or a checkpoint folder of the reference");
ABSL_FLAG(std::string, rows, "1..20", "digits of the first operand, such as 1..20, 1..100:9 or 50,100");
ABSL_FLAG(std::string, cols, "1..20", "digits of the second operand");
ABSL_FLAG(tally::ListFlag, problems, {}, "file of given problems instead of the grid; may be given several times");
ABSL_FLAG(std::string, out, "-", "cells as JSON lines; - is standard output");
ABSL_FLAG(int64_t, samples, 100, "problems a cell of the grid");
ABSL_FLAG(uint64_t, seed, 0, "seed of the problems and of random initial states");
ABSL_FLAG(std::string, shard, "0/1", "this part of the grid's cells, i/n; auto: from a Slurm job array");
ABSL_FLAG(int64_t, batch_tokens, 4096, "most tokens a forward pass");
ABSL_FLAG(int64_t, recurrences, 0, "passes through the block; 0: as trained");
ABSL_FLAG(int64_t, offset, -1, "offset of a position table of digits; -1: model.positions.test_offset");
ABSL_FLAG(double, logit_factor, 1, "factor on all attention logits");
ABSL_FLAG(int32_t, threads, 0, "forward passes at a time; 0: one a core");
ABSL_FLAG(double, min_exact, 0, "exit with 1 where a cell has a lower share of exact answers");

namespace {

tally::Tool Manual() {
  return {
      .name = "eval",
      .purpose = "measure the share of exactly right answers over operand lengths",
      .synopsis = "eval --model=RUN [flags] > cells.jsonl",
      .examples = {{"eval --model=runs/first --rows=1..20 --cols=1..20 > square.jsonl", "the training square"},
                   {"eval --model=runs/first --problems=carries.txt", "given problems, one a line"}},
      .groups = {{"Input and output", {"model", "out"}},
                 {"Problems", {"rows", "cols", "problems", "samples", "seed", "shard"}},
                 {"Evaluation", {"recurrences", "offset", "logit_factor", "batch_tokens", "threads", "min_exact"}}},
      .version_details = tally::TorchVersionDetails(),
  };
}

absl::Status Run() {
  tally::EvaluateOptions options;
  options.model = absl::GetFlag(FLAGS_model);
  if (options.model.empty()) return tally::UsageError("--model is missing; expected a run or a checkpoint");
  TALLY_ASSIGN_OR_RETURN(options.rows, tally::ParseLengths(absl::GetFlag(FLAGS_rows)));
  TALLY_ASSIGN_OR_RETURN(options.cols, tally::ParseLengths(absl::GetFlag(FLAGS_cols)));
  TALLY_ASSIGN_OR_RETURN(options.shard, tally::ParseShard(absl::GetFlag(FLAGS_shard)));
  options.problems = absl::GetFlag(FLAGS_problems).values;
  options.out = absl::GetFlag(FLAGS_out);
  options.samples = absl::GetFlag(FLAGS_samples);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.batch_tokens = absl::GetFlag(FLAGS_batch_tokens);
  options.recurrences = absl::GetFlag(FLAGS_recurrences);
  options.offset = absl::GetFlag(FLAGS_offset);
  options.logit_factor = absl::GetFlag(FLAGS_logit_factor);
  options.threads = absl::GetFlag(FLAGS_threads);
  options.min_exact = absl::GetFlag(FLAGS_min_exact);
  return tally::Evaluate(options);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::RunTool(argc, argv, Manual(), [](const auto&) { return Run(); });
}

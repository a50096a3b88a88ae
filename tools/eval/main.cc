// eval: exact match over a grid of operand lengths. Parses flags; the work is in lib/eval.
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/base/status_macros.h"
#include "lib/config/list_flag.h"
#include "lib/config/tool_main.h"
#include "lib/eval/evaluate_flags.h"
#include "lib/model/torch_version.h"

ABSL_FLAG(std::string, rows, "", "digits of the first operand, such as 1..20 (the default), 1..100:9 or 50,100");
ABSL_FLAG(std::string, cols, "", "digits of the second operand; the default is 1..20");
ABSL_FLAG(std::string, operands, "", "numbers of a sum, such as 2..8, each as long as the row, instead of --cols");
ABSL_FLAG(std::string, grid, "",
          "a grid by name: big (100 x 100), large, ood_only, up_to_40, up_to_50, mul, pos_arth, pos_arth_ood, "
          "over_100_1 to over_100_4; or as cells record it, such as \"rows=1..30 cols=1..30 min_longest=24\"");
ABSL_FLAG(tally::ListFlag, problems, {}, "file of given problems instead of the grid; may be given several times");

namespace {

tally::Tool Manual() {
  return {
      .name = "eval",
      .purpose = "measure the share of exactly right answers over operand lengths",
      .synopsis = "eval --model=RUN [flags] > cells.jsonl, eval merge SHARD..., or eval summary CELLS...",
      .examples = {{"eval --model=runs/first --rows=1..20 --cols=1..20 > square.jsonl", "the training square"},
                   {"eval --model=runs/first --problems=carries.txt", "given problems, one a line"},
                   {"eval --model=runs/first --grid=big --shard=3/20 --out=3.jsonl",
                    "a twentieth of the 100 x 100 grid; the same command goes on where it was stopped"},
                   {"eval merge {0..19}.jsonl > cells.jsonl", "all twenty as one, or what is missing"}},
      .groups = tally::EvaluationFlagGroups({"rows", "cols", "operands", "grid", "problems"}),
      .version_details = tally::TorchVersionDetails(),
      .takes_arguments = true,
  };
}

absl::Status Run(const std::vector<std::string>& words) {
  tally::EvaluateOptions options;
  options.problems = absl::GetFlag(FLAGS_problems).values;
  const tally::GridFlags grid = {absl::GetFlag(FLAGS_grid), absl::GetFlag(FLAGS_rows), absl::GetFlag(FLAGS_cols),
                                 absl::GetFlag(FLAGS_operands)};
  TALLY_ASSIGN_OR_RETURN(options.grid, tally::ResolveGridFlags(grid, "1..20"));
  return tally::RunEvaluationTool(words, options);
}

}  // namespace

int main(int argc, char** argv) { return tally::RunTool(argc, argv, Manual(), Run); }

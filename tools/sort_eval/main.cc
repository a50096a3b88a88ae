// sort_eval: exact match over digits and array lengths of sorting. Parses flags; the work is in lib/eval.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/base/status_macros.h"
#include "lib/config/tool_main.h"
#include "lib/eval/evaluate.h"
#include "lib/eval/evaluate_options.h"
#include "lib/model/torch_runtime.h"
#include "lib/tasks/registry.h"

namespace {

tally::Tool Manual(tally::EvaluationFlags* flags, tally::SortGridFlags* grid) {
  return {
      .name = "sort_eval",
      .purpose = "measure how often a model sorts arrays right, and finds the least number",
      .synopsis =
          "sort_eval --model=RUN [flags] > cells.jsonl, sort_eval merge SHARD..., or sort_eval summary CELLS...",
      .examples = {{"sort_eval --model=runs/sort > cells.jsonl", "1..30 digits, 1..30 numbers"},
                   {"sort_eval --model=runs/sort --digits=10 --lengths=10..100:10 --samples=1000",
                    "long arrays of numbers of up to ten digits"}},
      .options = {flags, grid},
      .version_details = tally::TorchVersionDetails(),
      .takes_arguments = true,
      .words = tally::EvaluationWords(),
  };
}

absl::Status Run(const std::vector<std::string>& words, const tally::EvaluationFlags& flags,
                 const tally::SortGridFlags& grid) {
  tally::EvaluateOptions options;
  options.flags = flags;
  options.tasks = {&tally::TaskNamed("sorting")};
  TALLY_ASSIGN_OR_RETURN(options.grid.rows, tally::ParseLengths(grid.digits()));
  TALLY_ASSIGN_OR_RETURN(options.grid.cols, tally::ParseLengths(grid.lengths()));
  options.grid_asked = grid.has_digits() || grid.has_lengths();
  return tally::RunEvaluationTool(words, options);
}

}  // namespace

int main(int argc, char** argv) {
  tally::EvaluationFlags flags;
  tally::SortGridFlags grid;
  return tally::RunTool(argc, argv, Manual(&flags, &grid), [&](const auto& words) { return Run(words, flags, grid); });
}

// eval: exact match over a grid of operand lengths. Parses flags; the work is in lib/eval.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/base/status_macros.h"
#include "lib/config/tool_main.h"
#include "lib/eval/evaluate.h"
#include "lib/eval/evaluate_options.h"
#include "lib/model/torch_runtime.h"

namespace {

tally::Tool Manual(tally::EvaluationFlags* flags, tally::EvalGridFlags* grid) {
  return {
      .name = "eval",
      .purpose = "measure the share of exactly right answers over operand lengths",
      .synopsis =
          "tally eval --model=RUN [flags] > cells.jsonl, tally eval merge SHARD..., tally eval summary CELLS..., or "
          "tally eval export CELLS... --out=FILE; eval alone is a shell builtin",
      .examples = {{"tally eval --model=runs/first --rows=1..20 --cols=1..20 > square.jsonl", "the training square"},
                   {"tally eval --model=runs/first --problems=tests/ > cells.jsonl",
                    "the problems in a folder of text files, in cells by the lengths of their operands"},
                   {"tally eval --model=runs/first --grid=big --shard=3/20 --out=3.jsonl",
                    "a twentieth of the 100 x 100 grid; the same command goes on where it was stopped"},
                   {"tally eval merge {0..19}.jsonl > cells.jsonl", "all twenty as one, or what is missing"},
                   {"tally eval export cells.jsonl --out=grid.csv",
                    "a matrix of the shares; accs_grid_quick_large.json and the like, or FOLDER/, as the reference "
                    "writes them"}},
      .options = {flags, grid},
      .version_details = tally::TorchVersionDetails(),
      .takes_arguments = true,
      .words = tally::EvalWords(),
  };
}

absl::Status Run(const std::vector<std::string>& words, const tally::EvaluationFlags& flags,
                 const tally::EvalGridFlags& grid) {
  TALLY_ASSIGN_OR_RETURN(const tally::EvaluateOptions options, tally::OptionsOfEval(flags, grid));
  return tally::RunEvaluationTool(words, options);
}

}  // namespace

int main(int argc, char** argv) {
  tally::EvaluationFlags flags;
  tally::EvalGridFlags grid;
  return tally::RunTool(argc, argv, Manual(&flags, &grid), [&](const auto& words) { return Run(words, flags, grid); });
}

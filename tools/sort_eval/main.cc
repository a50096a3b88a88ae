// sort_eval: exact match over digits and array lengths of sorting. Parses flags; the work is in lib/eval.
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/base/status_macros.h"
#include "lib/config/tool_main.h"
#include "lib/eval/evaluate_flags.h"
#include "lib/model/torch_version.h"
#include "lib/tasks/task.h"

ABSL_FLAG(std::string, digits, "1..30", "most digits of a number, such as 1..30 or 1..50:7");
ABSL_FLAG(std::string, lengths, "1..30", "how many numbers there are to sort, at most 102");

namespace {

tally::Tool Manual() {
  return {
      .name = "sort_eval",
      .purpose = "measure how often a model sorts arrays right, and finds the least number",
      .synopsis =
          "sort_eval --model=RUN [flags] > cells.jsonl, sort_eval merge SHARD..., or sort_eval summary CELLS...",
      .examples = {{"sort_eval --model=runs/sort > cells.jsonl", "1..30 digits, 1..30 numbers"},
                   {"sort_eval --model=runs/sort --digits=10 --lengths=10..100:10 --samples=1000",
                    "long arrays of numbers of up to ten digits"}},
      .groups = tally::EvaluationFlagGroups({"digits", "lengths"}),
      .version_details = tally::TorchVersionDetails(),
      .takes_arguments = true,
  };
}

absl::Status Run(const std::vector<std::string>& words) {
  tally::EvaluateOptions options;
  options.task = tally::Task::kSorting;
  TALLY_ASSIGN_OR_RETURN(options.grid.rows, tally::ParseLengths(absl::GetFlag(FLAGS_digits)));
  TALLY_ASSIGN_OR_RETURN(options.grid.cols, tally::ParseLengths(absl::GetFlag(FLAGS_lengths)));
  return tally::RunEvaluationTool(words, options);
}

}  // namespace

int main(int argc, char** argv) { return tally::RunTool(argc, argv, Manual(), Run); }

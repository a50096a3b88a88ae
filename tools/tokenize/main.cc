// tokenize: turns problems into a token data set. Parses flags; the work is in lib/dataset.
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/arithmetic/problem.h"
#include "lib/base/status_macros.h"
#include "lib/base/tool_main.h"
#include "lib/dataset/tokenize_problems.h"

ABSL_FLAG(std::string, in, tally::TokenizeOptions().in, "problems with answers, one a line; - is standard input");
ABSL_FLAG(std::string, out, tally::TokenizeOptions().out, "file for the data set; needed");
ABSL_FLAG(std::string, task, tally::TokenizeOptions().task, "what the problems are: addition");
ABSL_FLAG(std::string, reverse, "all", "numbers that stand least significant digit first: all, answer or none");
ABSL_FLAG(bool, check_answers, tally::TokenizeOptions().check_answers, "refuse an answer that is not exactly right");

namespace {

tally::Tool Manual() {
  return {.name = "tokenize",
          .purpose = "turn problems with answers into a token data set for train",
          .synopsis = "tokenize --out=tokens.safetensors [flags] < problems.txt",
          .examples = {{"datagen --count=1000000 | tokenize --out=tokens.safetensors",
                        "a training set without a text file"},
                       {"tokenize --in=problems.txt --reverse=none --out=plain.safetensors",
                        "numbers as people write them"}},
          .groups = {{"Input and output", {"in", "out"}}, {"Problems", {"task", "reverse", "check_answers"}}},
          .version_details = ""};
}

absl::Status Run() {
  tally::TokenizeOptions options;
  options.task = absl::GetFlag(FLAGS_task);
  options.in = absl::GetFlag(FLAGS_in);
  options.out = absl::GetFlag(FLAGS_out);
  TALLY_ASSIGN_OR_RETURN(options.order, tally::ParseDigitOrder(absl::GetFlag(FLAGS_reverse)));
  options.check_answers = absl::GetFlag(FLAGS_check_answers);
  return tally::TokenizeProblems(options);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::RunTool(argc, argv, Manual(), [](const auto&) { return Run(); });
}

// tokenize: turns problems into a token data set or a stream of tokens. Parses flags; the work is in lib/dataset.
#include <cstdint>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/config/tool_main.h"
#include "lib/dataset/report.h"
#include "lib/dataset/tokenize_problems.h"
#include "lib/tasks/problem_format.h"

ABSL_FLAG(std::string, in, tally::TokenizeOptions().in, "problems with answers, one a line; - is standard input");
ABSL_FLAG(std::string, out, tally::TokenizeOptions().out,
          "file for the data set; - writes a token stream to standard output");
ABSL_FLAG(std::string, vocab, "", "a file such as tokenizer.json; else that of the task");
ABSL_FLAG(bool, shuffle, false, "rows in a random order");
ABSL_FLAG(uint64_t, seed, 0, "of the order");
ABSL_FLAG(double, test_fraction, 0, "this share of the rows, the last ones, goes to --test_out");
ABSL_FLAG(std::string, test_out, "", "file for the data set of the last rows");
ABSL_FLAG(std::string, inspect, "", "print a data set's facts and first rows");
ABSL_FLAG(std::string, describe, "", "print histograms of a data set as JSON lines");
ABSL_FLAG(std::string, export, "", "print a data set as JSON lines with context and completion");
ABSL_FLAG(std::string, task, "addition",
          "what the problems are: addition, subtraction, multiplication, bitwise_or, sorting");
ABSL_FLAG(std::string, reverse, "all", "numbers least significant digit first: all, answer, operands or none");
ABSL_FLAG(bool, interleave, false, "digits of two operands stand in turn");
ABSL_FLAG(bool, index_hints, false, "each digit has an index hint");
ABSL_FLAG(bool, spaces, false, "spaces stand before characters");
ABSL_FLAG(bool, working, false, "answers are the working, written out as rows");
ABSL_FLAG(int32_t, prepend_zeros, 0, "zeros before each operand, one more before the answer");
ABSL_FLAG(bool, check_answers, tally::TokenizeOptions().check_answers, "refuse an answer that is not exactly right");

namespace {

tally::Tool Manual() {
  return {.name = "tokenize",
          .purpose = "turn problems with answers into a token data set for train",
          .synopsis = "tokenize --out=tokens.safetensors [flags] < problems.txt, or tokenize --out=- | train --data=-",
          .examples = {{"datagen --count=1000000 | tokenize --out=tokens.safetensors",
                        "a training set without a text file"},
                       {"tokenize --in=problems.txt --reverse=none --out=plain.safetensors",
                        "numbers as people write them"},
                       {"datagen --count=inf | tokenize --out=- | train --data=- --out=runs/fresh --minutes=5",
                        "new problems at every step, nothing on disk"},
                       {"tokenize --inspect=tokens.safetensors", "what is in a data set"}},
          .groups = {{"Input and output", {"in", "out", "shuffle", "seed", "test_fraction", "test_out", "vocab"}},
                     {"Reports of a data set, on standard output", {"inspect", "describe", "export"}},
                     {"Problems",
                      {"task", "reverse", "interleave", "index_hints", "spaces", "working", "prepend_zeros",
                       "check_answers"}}},
          .version_details = ""};
}

// The report that was asked for, or null, and the file that it is on.
using Report = absl::Status (*)(const std::string& path, const std::string& out);
absl::StatusOr<std::pair<Report, std::string>> WantedReport() {
  std::pair<Report, std::string> wanted = {nullptr, ""};
  for (const auto& [report, path] :
       {std::pair<Report, std::string>(tally::InspectDataset, absl::GetFlag(FLAGS_inspect)),
        {tally::DescribeDataset, absl::GetFlag(FLAGS_describe)},
        {tally::ExportDataset, absl::GetFlag(FLAGS_export)}}) {
    if (path.empty()) continue;
    if (wanted.first != nullptr) return tally::UsageError("--inspect, --describe and --export: expected one of them");
    wanted = {report, path};
  }
  return wanted;
}

absl::Status Run() {
  TALLY_ASSIGN_OR_RETURN(const auto wanted, WantedReport());
  if (wanted.first != nullptr) return wanted.first(wanted.second, "-");
  tally::TokenizeOptions options;
  options.in = absl::GetFlag(FLAGS_in);
  options.out = absl::GetFlag(FLAGS_out);
  TALLY_ASSIGN_OR_RETURN(options.format.task, tally::ParseTask(absl::GetFlag(FLAGS_task)));
  TALLY_ASSIGN_OR_RETURN(options.format.order, tally::ParseDigitOrder(absl::GetFlag(FLAGS_reverse)));
  options.format.interleave = absl::GetFlag(FLAGS_interleave);
  options.format.index_hints = absl::GetFlag(FLAGS_index_hints);
  options.format.spaces = absl::GetFlag(FLAGS_spaces);
  options.format.working = absl::GetFlag(FLAGS_working);
  options.format.prepended_zeros = absl::GetFlag(FLAGS_prepend_zeros);
  options.vocabulary = absl::GetFlag(FLAGS_vocab);
  options.shuffle = absl::GetFlag(FLAGS_shuffle);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.test_fraction = absl::GetFlag(FLAGS_test_fraction);
  options.test_out = absl::GetFlag(FLAGS_test_out);
  options.check_answers = absl::GetFlag(FLAGS_check_answers);
  return tally::TokenizeProblems(options);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::RunTool(argc, argv, Manual(), [](const auto&) { return Run(); });
}

// tokenize: turns problems into a token data set or a stream of tokens. Parses flags; the work is in lib/dataset.
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/same_file.h"
#include "lib/base/status_macros.h"
#include "lib/config/given_flags.h"
#include "lib/config/tool_main.h"
#include "lib/dataset/report.h"
#include "lib/dataset/tokenize_problems.h"
#include "lib/tasks/sampling/generate_flags.h"

namespace {

tally::Tool Manual(tally::TokenizeFlags* flags) {
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
          .options = {flags},
          .words = tally::FormatWords()};
}

// The report that was asked for, or null, and the file that it is on.
using Report = absl::Status (*)(const std::string& path, const std::string& out);
absl::StatusOr<std::pair<Report, std::string>> ReportOf(const tally::TokenizeFlags& flags) {
  std::pair<Report, std::string> chosen = {nullptr, ""};
  for (const auto& [report, path] : {std::pair<Report, std::string>(tally::InspectDataset, flags.inspect()),
                                     {tally::DescribeDataset, flags.describe()},
                                     {tally::ExportDataset, flags.export_()}}) {
    if (path.empty()) continue;
    if (chosen.first != nullptr) return tally::UsageError("--inspect, --describe and --export: expected one of them");
    chosen = {report, path};
  }
  return chosen;
}

// UsageError for a flag that says how a data set is made, as none is.
absl::Status RefuseFlagsOfMaking(const tally::TokenizeFlags& flags) {
  const std::vector<std::string> given = tally::GivenFlags(flags, {"inspect", "describe", "export", "out"});
  if (given.empty()) return absl::OkStatus();
  return tally::UsageError("--inspect, --describe and --export are of a data set; expected no --" + given[0] +
                           " with them");
}

absl::Status Run(const tally::TokenizeFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const auto chosen, ReportOf(flags));
  if (const auto& [report, path] = chosen; report != nullptr) {
    TALLY_RETURN_IF_ERROR(RefuseFlagsOfMaking(flags));
    TALLY_RETURN_IF_ERROR(tally::CheckReplacesNoInput("--out", flags.out(), {path}));
    return report(path, flags.out().empty() ? "-" : flags.out());
  }
  TALLY_ASSIGN_OR_RETURN(const std::vector<tally::ProblemFormat> formats,
                         tally::ResolveFormats(flags.format(), flags.spaces()));
  return tally::TokenizeProblems({flags, formats});
}

}  // namespace

int main(int argc, char** argv) {
  tally::TokenizeFlags flags;
  tally::TaskArguments arguments(argc, argv);
  return tally::RunTool(arguments.argc(), arguments.argv(), Manual(&flags), [&](const auto&) { return Run(flags); });
}

// datagen: makes arithmetic problems and checks them. Parses flags; the work is in lib/tasks.
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/config/given_flags.h"
#include "lib/config/tool_main.h"
#include "lib/tasks/sampling/generate.h"
#include "lib/tasks/sampling/generate_flags.h"

namespace {

std::map<std::string, std::vector<std::string>> Words() {
  std::map<std::string, std::vector<std::string>> words = tally::FormatWords();
  words[""] = {"check"};
  words["count"] = {"inf"};
  words["length_distribution"] = {"bucket", "uniform", "plain"};
  words["shard"] = {"auto"};
  words["split"] = {"all", "train", "test"};
  return words;
}

tally::Tool Manual(tally::GenerateFlags* flags) {
  return {.name = "datagen",
          .purpose = "make arithmetic problems, one a line, such as 321+54=861 (123 + 45, digits reversed)",
          .synopsis = "datagen --count=N [flags] > problems.txt, or datagen check [flags] FILE...",
          .examples =
              {{"datagen --count=1000000 --max_digits=20 --equal_lengths=.1 --carry_chains=.1 > train.txt",
                "a training set in which long carries are not rare"},
               {"datagen --count=100 --max_digits=50 --exact --seed=1 --out=test.txt", "sums of two 50-digit numbers"},
               {"datagen --count=inf --max_digits=20 | tokenize --out=- | train --data=- --out=runs/fresh --minutes=5",
                "new problems at every step, nothing on disk"},
               {"datagen check train.txt test.txt",
                "every answer is right, and no problem is in both files; else exit code 1"}},
          .options = {flags},
          .takes_arguments = true,
          .words = Words()};
}

// UsageError for a flag that says which problems are made, as none are.
absl::Status RefuseFlagsOfMaking(const tally::GenerateFlags& flags) {
  const std::vector<std::string> given = tally::GivenFlags(flags, {"format", "spaces", "out"});
  if (given.empty()) return absl::OkStatus();
  return tally::UsageError("--" + given[0] + " is for making problems, not for datagen check");
}

absl::Status Run(const std::vector<std::string>& words, const tally::GenerateFlags& flags) {
  if (words.empty()) {
    TALLY_ASSIGN_OR_RETURN(const tally::GenerateOptions options, tally::ResolveGenerateFlags(flags));
    return tally::GenerateProblems(options);
  }
  if (words[0] != "check") return tally::UsageError("found the word " + words[0] + ", expected check or none");
  TALLY_RETURN_IF_ERROR(RefuseFlagsOfMaking(flags));
  TALLY_ASSIGN_OR_RETURN(const std::vector<tally::ProblemFormat> formats,
                         tally::ResolveFormats(flags.format(), flags.spaces() > 0));
  return tally::CheckProblems({formats, std::vector<std::string>(words.begin() + 1, words.end()), flags.out()});
}

}  // namespace

int main(int argc, char** argv) {
  tally::GenerateFlags flags;
  tally::TaskArguments arguments(argc, argv);
  return tally::RunTool(arguments.argc(), arguments.argv(), Manual(&flags),
                        [&](const auto& words) { return Run(words, flags); });
}

// datagen: makes arithmetic problems. Parses flags; the work is in lib/arithmetic.
#include <cstdint>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/arithmetic/generate.h"
#include "lib/arithmetic/generate_flags.h"
#include "lib/base/status_macros.h"
#include "lib/base/tool_main.h"

static const tally::GenerateFlags kDefault;

ABSL_FLAG(std::string, task, kDefault.task, "what the problems are: addition");
ABSL_FLAG(int64_t, count, kDefault.count, "number of problems in the whole data set; needed");
ABSL_FLAG(uint64_t, seed, kDefault.seed, "another seed gives other problems");
ABSL_FLAG(std::string, shard, kDefault.shard, "i/n: part i (from 0) of n; auto: from a Slurm job array");
ABSL_FLAG(bool, shuffle, kDefault.shuffle, "problems in pseudo-random order; else by number");
ABSL_FLAG(std::string, out, kDefault.out, "file for the problems; - is standard output");
ABSL_FLAG(int32_t, max_digits, kDefault.max_digits, "longest first operand");
ABSL_FLAG(int32_t, min_digits, kDefault.min_digits, "shortest first operand; 0: one digit");
ABSL_FLAG(int32_t, max_digits_second, kDefault.max_digits_second, "longest second; 0: as --max_digits");
ABSL_FLAG(int32_t, min_digits_second, kDefault.min_digits_second, "shortest second; 0: as --min_digits");
ABSL_FLAG(bool, exact, kDefault.exact, "operands of exactly the longest lengths");
ABSL_FLAG(std::string, length_distribution, kDefault.length_distribution,
          "bucket: pairs of lengths in turn; uniform: each length drawn");
ABSL_FLAG(std::string, reverse, kDefault.reverse, "numbers least significant digit first: all, answer or none");
ABSL_FLAG(bool, keep_zero, kDefault.keep_zero, "one-digit operands may be 0");
ABSL_FLAG(double, equal_lengths, kDefault.equal_lengths, "share of problems made equally long, 0..1");
ABSL_FLAG(double, carry_chains, kDefault.carry_chains, "share of problems with long carries, 0..1");

namespace {

tally::Tool Manual() {
  return {.name = "datagen",
          .purpose = "make arithmetic problems, one a line, such as 321+54=861 (123 + 45, digits reversed)",
          .synopsis = "datagen --count=N [flags] > problems.txt",
          .examples = {{"datagen --count=1000000 --max_digits=20 --equal_lengths=.1 --carry_chains=.1 > train.txt",
                        "a training set in which long carries are not rare"},
                       {"datagen --count=100 --max_digits=50 --exact --seed=1 --out=test.txt",
                        "sums of two 50-digit numbers"}},
          .groups = {{"Data set", {"task", "count", "seed", "shard", "shuffle", "out"}},
                     {"Lengths in digits",
                      {"max_digits", "min_digits", "max_digits_second", "min_digits_second", "exact",
                       "length_distribution"}},
                     {"Numbers", {"reverse", "keep_zero", "equal_lengths", "carry_chains"}}},
          .version_details = ""};
}

absl::Status Run() {
  TALLY_ASSIGN_OR_RETURN(const tally::GenerateOptions options,
                         tally::ResolveGenerateFlags({.task = absl::GetFlag(FLAGS_task),
                                                      .count = absl::GetFlag(FLAGS_count),
                                                      .seed = absl::GetFlag(FLAGS_seed),
                                                      .shard = absl::GetFlag(FLAGS_shard),
                                                      .shuffle = absl::GetFlag(FLAGS_shuffle),
                                                      .out = absl::GetFlag(FLAGS_out),
                                                      .max_digits = absl::GetFlag(FLAGS_max_digits),
                                                      .min_digits = absl::GetFlag(FLAGS_min_digits),
                                                      .max_digits_second = absl::GetFlag(FLAGS_max_digits_second),
                                                      .min_digits_second = absl::GetFlag(FLAGS_min_digits_second),
                                                      .exact = absl::GetFlag(FLAGS_exact),
                                                      .length_distribution = absl::GetFlag(FLAGS_length_distribution),
                                                      .reverse = absl::GetFlag(FLAGS_reverse),
                                                      .keep_zero = absl::GetFlag(FLAGS_keep_zero),
                                                      .equal_lengths = absl::GetFlag(FLAGS_equal_lengths),
                                                      .carry_chains = absl::GetFlag(FLAGS_carry_chains)}));
  return tally::GenerateProblems(options);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::RunTool(argc, argv, Manual(), [](const auto&) { return Run(); });
}

// datagen: makes arithmetic problems and checks them. Parses flags; the work is in lib/arithmetic.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/config/tool_main.h"
#include "lib/tasks/check_problems.h"
#include "lib/tasks/generate.h"
#include "lib/tasks/generate_flags.h"

static const tally::GenerateFlags kDefault;

ABSL_FLAG(std::string, task, kDefault.task,
          "what the problems are: addition, subtraction, multiplication, bitwise_or, sorting");
ABSL_FLAG(
    tally::ProblemCount, count, {kDefault.count},
    "number of problems in the whole data set; inf: until the reader of a pipe leaves; needed but for bitwise_or, "
    "0: all of them");
ABSL_FLAG(uint64_t, seed, kDefault.seed, "another seed gives other problems");
ABSL_FLAG(std::string, shard, kDefault.shard, "i/n: part i (from 0) of n; auto: from a Slurm job array");
ABSL_FLAG(bool, shuffle, kDefault.shuffle,
          "problems in pseudo-random order, of --count=inf within windows of 65536; else by number");
ABSL_FLAG(std::string, out, kDefault.out, "file for the problems; - is standard output");
ABSL_FLAG(int32_t, max_digits, kDefault.max_digits, "longest first operand");
ABSL_FLAG(int32_t, min_digits, kDefault.min_digits, "shortest first operand; 0: one digit");
ABSL_FLAG(int32_t, max_digits_second, kDefault.max_digits_second, "longest second; 0: as --max_digits");
ABSL_FLAG(int32_t, min_digits_second, kDefault.min_digits_second, "shortest second; 0: as --min_digits");
ABSL_FLAG(bool, exact, kDefault.exact, "operands of exactly the longest lengths");
ABSL_FLAG(
    std::string, length_distribution, kDefault.length_distribution,
    "bucket: pairs of lengths in turn; uniform: each length drawn; weighted:W,W,...: with a weight for each length; "
    "plain: numbers drawn below 10^longest");
ABSL_FLAG(std::string, reverse, kDefault.reverse,
          "numbers least significant digit first: all, answer, operands or none");
ABSL_FLAG(int32_t, min_operands, kDefault.min_operands, "fewest operands of a sum");
ABSL_FLAG(int32_t, max_operands, kDefault.max_operands, "most operands of a sum, up to 32");
ABSL_FLAG(bool, keep_zero, kDefault.keep_zero, "one-digit operands may be 0");
ABSL_FLAG(bool, keep_places, kDefault.keep_places, "zeros before plain operands, up to the longest length");
ABSL_FLAG(int32_t, prepend_zeros, kDefault.prepend_zeros, "zeros before each operand, one more before the answer");
ABSL_FLAG(bool, interleave, kDefault.interleave, "digits of the two operands in turn, no operator");
ABSL_FLAG(bool, index_hints, kDefault.index_hints, "an index hint before each digit");
ABSL_FLAG(double, spaces, kDefault.spaces, "a space before each character with this probability, then with a tenth...");
ABSL_FLAG(bool, working, kDefault.working, "sums and products with their working written out as rows, 12x34=360+090");
ABSL_FLAG(bool, no_carry, kDefault.no_carry, "sums in which nothing is carried");
ABSL_FLAG(bool, uniform_carry_runs, kDefault.uniform_carry_runs,
          "the longest run of weights that carry is drawn uniformly");
ABSL_FLAG(std::string, split, kDefault.split, "all, or train or test: a hash of the problem decides its side");
ABSL_FLAG(double, test_share, kDefault.test_share, "share of all problems that are test problems");
ABSL_FLAG(double, equal_lengths, kDefault.equal_lengths, "share of problems made equally long, 0..1");
ABSL_FLAG(double, carry_chains, kDefault.carry_chains, "share of problems with long carries, 0..1");

namespace {

tally::Tool Manual() {
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
          .groups = {{"Data set", {"task", "count", "seed", "shard", "shuffle", "split", "test_share", "out"}},
                     {"Lengths in digits; of sorting, of a number and how many numbers",
                      {"max_digits", "min_digits", "max_digits_second", "min_digits_second", "exact",
                       "length_distribution", "min_operands", "max_operands"}},
                     {"Numbers",
                      {"keep_zero", "keep_places", "equal_lengths", "carry_chains", "no_carry", "uniform_carry_runs"}},
                     {"Lines", {"reverse", "prepend_zeros", "interleave", "index_hints", "spaces", "working"}}},
          .version_details = "",
          .takes_arguments = true};
}

tally::GenerateFlags Flags() {
  return {.task = absl::GetFlag(FLAGS_task),
          .count = absl::GetFlag(FLAGS_count).value,
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
          .min_operands = absl::GetFlag(FLAGS_min_operands),
          .max_operands = absl::GetFlag(FLAGS_max_operands),
          .reverse = absl::GetFlag(FLAGS_reverse),
          .keep_zero = absl::GetFlag(FLAGS_keep_zero),
          .keep_places = absl::GetFlag(FLAGS_keep_places),
          .prepend_zeros = absl::GetFlag(FLAGS_prepend_zeros),
          .interleave = absl::GetFlag(FLAGS_interleave),
          .index_hints = absl::GetFlag(FLAGS_index_hints),
          .spaces = absl::GetFlag(FLAGS_spaces),
          .working = absl::GetFlag(FLAGS_working),
          .equal_lengths = absl::GetFlag(FLAGS_equal_lengths),
          .carry_chains = absl::GetFlag(FLAGS_carry_chains),
          .no_carry = absl::GetFlag(FLAGS_no_carry),
          .uniform_carry_runs = absl::GetFlag(FLAGS_uniform_carry_runs),
          .split = absl::GetFlag(FLAGS_split),
          .test_share = absl::GetFlag(FLAGS_test_share)};
}

absl::Status Run(const std::vector<std::string>& words) {
  const tally::GenerateFlags flags = Flags();
  if (words.empty()) {
    TALLY_ASSIGN_OR_RETURN(const tally::GenerateOptions options, tally::ResolveGenerateFlags(flags));
    return tally::GenerateProblems(options);
  }
  if (words[0] != "check") return tally::UsageError("found the word " + words[0] + ", expected check or none");
  TALLY_ASSIGN_OR_RETURN(const tally::ProblemFormat format, tally::ResolveFormat(flags));
  return tally::CheckProblems({format, std::vector<std::string>(words.begin() + 1, words.end()), flags.out});
}

}  // namespace

int main(int argc, char** argv) { return tally::RunTool(argc, argv, Manual(), Run); }

// What the flags of datagen mean together.
#ifndef TALLY_LIB_TASKS_GENERATE_FLAGS_H_
#define TALLY_LIB_TASKS_GENERATE_FLAGS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/generate.h"

namespace tally {

// A flag with the number of problems; `inf` is kEndless.
struct ProblemCount {
  int64_t value = 0;
};
bool AbslParseFlag(absl::string_view text, ProblemCount* count, std::string* error);
std::string AbslUnparseFlag(const ProblemCount& count);

// The flags as they were given; the defaults are datagen's.
struct GenerateFlags {
  std::string task = "addition";
  int64_t count = 0;
  uint64_t seed = 0;
  std::string shard = "0/1";
  bool shuffle = true;
  std::string out = "-";

  // Lengths; 0 where a flag was not given.
  int max_digits = 20;
  int min_digits = 0;
  int max_digits_second = 0;
  int min_digits_second = 0;
  bool exact = false;
  std::string length_distribution = "bucket";
  int min_operands = 2;
  int max_operands = 2;

  std::string reverse = "all";
  bool keep_zero = false;
  bool keep_places = false;
  int prepend_zeros = 0;
  bool interleave = false;
  bool index_hints = false;
  double spaces = 0;
  bool working = false;

  double equal_lengths = 0;
  double carry_chains = 0;
  bool no_carry = false;
  bool uniform_carry_runs = false;

  std::string split = "all";
  double test_share = 0.1;
};

// The flags that say what lines look like. UsageError as below.
absl::StatusOr<ProblemFormat> ResolveFormat(const GenerateFlags& flags);

// The job that the flags describe. UsageError, which names the flag, for values outside of their range, unknown names
// (with the nearest known one), and flags that contradict each other or could have no effect.
absl::StatusOr<GenerateOptions> ResolveGenerateFlags(const GenerateFlags& flags);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_GENERATE_FLAGS_H_

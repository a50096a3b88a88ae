// The jobs of the tool datagen: writing the problems of a data set, or one shard of them, as lines; and `datagen
// check`, which proves that files of problems are right, and that no two of them share a problem.
#ifndef TALLY_LIB_TASKS_SAMPLING_GENERATE_H_
#define TALLY_LIB_TASKS_SAMPLING_GENERATE_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/base/shard.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {

// The count of a data set that continues until its reader closes it.
inline constexpr int64_t kEndless = std::numeric_limits<int64_t>::max();

// Samples that an endless data set shuffles among themselves.
inline constexpr int64_t kShuffleWindow = 1 << 16;

struct GenerateOptions {
  SamplerOptions sampler;

  // Formats of further tasks, drawn with the same options. With k formats in all, sample i is sample i / k of format
  // i % k.
  std::vector<ProblemFormat> others;

  int64_t count = 0;  // lines of the whole data set, or kEndless; 0: every problem of a task that counts its problems
  uint64_t seed = 0;
  bool shuffle = true;  // lines in a pseudo-random order, else in order of sample number
  Shard shard;
  int threads = 1;  // that make lines; 0: one a core
  std::string out = "-";
};

// Writes the lines of the shard to `out`. The shards of a data set, one after another, are the unsharded output: line
// k of the data set is sample k, or with `shuffle` the sample that a permutation of all `count` gives for k. An endless
// data set is shuffled within windows: lines [w * kShuffleWindow, (w + 1) * kShuffleWindow) are the samples of these
// numbers. Threads change nothing but the time. Where problems are counted, none comes twice. UsageError for a count
// below 1 or above their number, for a part of an endless data set, bad sampler options, or tasks that a line does not
// tell apart; errors of OutputStream.
absl::Status GenerateProblems(const GenerateOptions& options);

struct CheckOptions {
  std::vector<ProblemFormat> formats = {ProblemFormat()};
  std::vector<std::string> files;
  std::string out = "-";  // the report
};

// Reads every line of every file. A line whose answer differs from the oracle's, and a problem that a file
// shares with an earlier one (whatever its layout; 2+3 is 3+2), is an offender. Writes the first ten offenders of each
// kind, one a line with file and line number, and a summary. CheckFailed where there is any; BadInput where a line is
// no problem of a task. Problems are compared by 128-bit hashes: equal ones never escape. Memory: 32 bytes a line.
absl::Status CheckProblems(const CheckOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_GENERATE_H_

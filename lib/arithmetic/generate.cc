#include "lib/arithmetic/generate.h"

#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/random.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {

namespace {

// Lines of the data set.
absl::StatusOr<int64_t> Count(const GenerateOptions& options, const Sampler& sampler) {
  const bool counted = sampler.population() < std::numeric_limits<int64_t>::max();
  if (options.count == 0 && counted) return sampler.population();
  if (options.count >= 1 && options.count <= sampler.population()) return options.count;
  return UsageError(
      absl::StrCat("--count: found ", options.count, ", expected the number of problems, ",
                   counted ? absl::StrCat("at most ", sampler.population(), ", or 0 for all of them") : "at least 1"));
}

}  // namespace

absl::Status GenerateProblems(const GenerateOptions& options) {
  TALLY_ASSIGN_OR_RETURN(Sampler sampler, Sampler::Create(options.sampler));
  TALLY_ASSIGN_OR_RETURN(const int64_t count, Count(options, sampler));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<OutputStream> out, OutputStream::Open(options.out));
  const bool counted = sampler.population() < std::numeric_limits<int64_t>::max();
  const Permutation permutation(counted ? sampler.population() : count, options.seed, RandomStream::kProblemOrder);
  const int64_t begin = options.shard.Begin(count);
  const int64_t end = options.shard.End(count);
  Progress progress("problems", end - begin);
  std::string line;
  for (int64_t k = begin; k < end; ++k) {
    const uint64_t index = options.shuffle ? permutation(k) : k;
    TALLY_RETURN_IF_ERROR(sampler.Sample(options.seed, RandomStream::kProblem, index, &line));
    line.push_back('\n');
    TALLY_RETURN_IF_ERROR(out->Write(line));
    if ((k - begin) % 4096 == 0) progress.Update(k - begin);
  }
  return out->Commit();
}

}  // namespace tally

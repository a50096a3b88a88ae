#include "lib/arithmetic/generate.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/random.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {

absl::Status GenerateProblems(const GenerateOptions& options) {
  if (options.count < 1) {
    return UsageError(absl::StrCat("count of problems: found ", options.count, ", expected at least 1"));
  }
  TALLY_RETURN_IF_ERROR(ValidateSamplerOptions(options.sampler));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<OutputStream> out, OutputStream::Open(options.out));
  const Permutation permutation(options.count, options.seed, RandomStream::kProblemOrder);
  const int64_t begin = options.shard.Begin(options.count);
  const int64_t end = options.shard.End(options.count);
  Progress progress("problems", end - begin);
  std::string line;
  for (int64_t k = begin; k < end; ++k) {
    const uint64_t index = options.shuffle ? permutation(k) : k;
    SampleProblem(options.sampler, options.seed, RandomStream::kProblem, index, &line);
    line.push_back('\n');
    TALLY_RETURN_IF_ERROR(out->Write(line));
    if ((k - begin) % 4096 == 0) progress.Update(k - begin);
  }
  return out->Commit();
}

}  // namespace tally

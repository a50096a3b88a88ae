#include "lib/tasks/sampling/generate.h"

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/random.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {

namespace {

bool Counts(const Sampler& sampler) { return sampler.population() < Task::kUnlimited; }

// Lines of the data set.
absl::StatusOr<int64_t> Count(const GenerateOptions& options, const Sampler& sampler) {
  const bool counted = Counts(sampler);
  if (options.count == kEndless && options.shard.count > 1) {
    return UsageError("--count=inf: endless data have no parts; expected no --shard");
  }
  if (options.count == 0 && counted) return sampler.population();
  if (options.count >= 1 && options.count <= sampler.population()) return options.count;
  return UsageError(
      absl::StrCat("--count: found ", options.count == kEndless ? "inf" : absl::StrCat(options.count),
                   ", expected the number of problems, ",
                   counted ? absl::StrCat("at most ", sampler.population(), ", or 0 for all of them") : "at least 1"));
}

// The samples in the order of their lines. Not thread-safe.
class Order {
 public:
  Order(const GenerateOptions& options, const Sampler& sampler, int64_t count)
      : shuffle_(options.shuffle),
        seed_(options.seed),
        window_(Counts(sampler)     ? sampler.population()
                : count == kEndless ? kShuffleWindow
                                    : count) {}

  // The number of the sample in line `line`.
  int64_t operator()(int64_t line) {
    if (!shuffle_) return line;
    if (line / window_ != current_ || !permutation_) {
      current_ = line / window_;
      permutation_.emplace(window_, seed_, RandomStream::kProblemOrder, current_);
    }
    return current_ * window_ + static_cast<int64_t>((*permutation_)(line % window_));
  }

 private:
  const bool shuffle_;
  const uint64_t seed_;
  const int64_t window_;  // samples that are shuffled among themselves
  int64_t current_ = 0;   // the window that permutation_ is of
  std::optional<Permutation> permutation_;
};

}  // namespace

absl::Status GenerateProblems(const GenerateOptions& options) {
  TALLY_ASSIGN_OR_RETURN(Sampler sampler, Sampler::Create(options.sampler));
  TALLY_ASSIGN_OR_RETURN(const int64_t count, Count(options, sampler));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<OutputStream> out, OutputStream::Open(options.out));
  Order order(options, sampler, count);
  const int64_t begin = options.shard.Begin(count);
  const int64_t end = options.shard.End(count);
  Progress progress("problems", count == kEndless ? 0 : end - begin);
  std::string line;
  for (int64_t k = begin; k < end; ++k) {
    TALLY_RETURN_IF_ERROR(sampler.Sample(options.seed, RandomStream::kProblem, order(k), &line));
    line.push_back('\n');
    TALLY_RETURN_IF_ERROR(out->Write(line));
    if ((k - begin) % 4096 == 0) progress.Update(k - begin);
  }
  return out->Commit();
}

}  // namespace tally

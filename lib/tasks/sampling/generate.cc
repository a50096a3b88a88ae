#include "lib/tasks/sampling/generate.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/random.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/tasks/sampling/tell_apart.h"

namespace tally {

namespace {

// The samples of all formats in turn. Not thread-safe.
class Samplers {
 public:
  static absl::StatusOr<Samplers> Create(const GenerateOptions& options) {
    Samplers samplers;
    SamplerOptions of_task = options.sampler;
    std::vector<ProblemFormat> formats = {options.sampler.format};
    formats.insert(formats.end(), options.others.begin(), options.others.end());
    const std::string clash = FirstClash(formats);
    if (!clash.empty()) return UsageError(absl::StrCat("--task: ", clash));
    for (const ProblemFormat& format : formats) {
      of_task.format = format;
      TALLY_ASSIGN_OR_RETURN(Sampler sampler, Sampler::Create(of_task));
      if (formats.size() > 1 && sampler.is_counted()) {
        return UsageError(absl::StrCat("--task: ", format.task->name(),
                                       " counts its problems; expected it in a data set of its own"));
      }
      samplers.all_.push_back(std::move(sampler));
    }
    return samplers;
  }

  int64_t population() const { return all_[0].population(); }
  bool is_counted() const { return all_[0].is_counted(); }

  absl::Status Sample(uint64_t seed, uint64_t index, std::string* line) {
    return all_[index % all_.size()].Sample(seed, RandomStream::kProblem, index / all_.size(), line);
  }

 private:
  std::vector<Sampler> all_;
};

// Lines of the data set.
absl::StatusOr<int64_t> Count(const GenerateOptions& options, const Samplers& samplers) {
  const bool counted = samplers.is_counted();
  if (options.count == kEndless && options.shard.count > 1) {
    return UsageError("--count=inf: endless data have no parts; expected no --shard");
  }
  if (options.count == 0 && counted) return samplers.population();
  if (options.count >= 1 && options.count <= samplers.population()) return options.count;
  return UsageError(
      absl::StrCat("--count: found ", options.count == kEndless ? "inf" : absl::StrCat(options.count),
                   ", expected the number of problems, ",
                   counted ? absl::StrCat("at most ", samplers.population(), ", or 0 for all of them") : "at least 1"));
}

// The samples in the order of their lines. Not thread-safe.
class Order {
 public:
  Order(const GenerateOptions& options, const Samplers& samplers, int64_t count)
      : shuffle_(options.shuffle),
        seed_(options.seed),
        window_(samplers.is_counted() ? samplers.population()
                : count == kEndless   ? kShuffleWindow
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
  TALLY_ASSIGN_OR_RETURN(Samplers samplers, Samplers::Create(options));
  TALLY_ASSIGN_OR_RETURN(const int64_t count, Count(options, samplers));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<OutputStream> out, OutputStream::Open(options.out));
  Order order(options, samplers, count);
  const int64_t begin = options.shard.Begin(count);
  const int64_t end = options.shard.End(count);
  Progress progress("problems", count == kEndless ? 0 : end - begin);
  std::string line;
  for (int64_t k = begin; k < end; ++k) {
    TALLY_RETURN_IF_ERROR(samplers.Sample(options.seed, order(k), &line));
    line.push_back('\n');
    TALLY_RETURN_IF_ERROR(out->Write(line));
    if ((k - begin) % 4096 == 0) progress.Update(k - begin);
  }
  return out->Commit();
}

}  // namespace tally

#include "lib/tasks/sampling/generate.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/random.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/base/thread_pool.h"
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

// What makes lines in one thread.
struct Maker {
  // Appends lines begin, ..., end - 1, or those before one that cannot be.
  absl::Status Append(uint64_t seed, int64_t begin, int64_t end, std::string* text) {
    for (int64_t k = begin; k < end; ++k) {
      TALLY_RETURN_IF_ERROR(samplers.Sample(seed, order(k), &line));
      line.push_back('\n');
      text->append(line);
    }
    return absl::OkStatus();
  }

  Samplers samplers;
  Order order;
  std::string line = "";
};

// Some lines, and the error of the one after them.
struct Block {
  std::string text;
  absl::Status status;
};

// Makes lines in several threads and writes them in order, round by round:
//   1. the lines of a round are cut into blocks, which threads take in turn;
//   2. the first thread writes the blocks of the round before, then takes its share;
//   3. the next round's blocks have as many lines as fill kBlockBytes, so that lines may be of any length.
class ThreadedWriter {
 public:
  ThreadedWriter(uint64_t seed, const Maker& maker, int threads, OutputStream* out)
      : seed_(seed), makers_(threads, maker), out_(out) {}

  // Writes lines begin, ..., end - 1.
  absl::Status Run(int64_t begin, int64_t end, Progress* progress) {
    int64_t lines = 1;  // of a block
    std::vector<Block> made;
    for (int64_t k = begin; k < end || !made.empty();) {
      std::vector<Block> next(std::min(kBlocksAThread * std::ssize(makers_), Blocks(end - k, lines)));
      TALLY_RETURN_IF_ERROR(Round(made, k, lines, end, &next));
      k += std::min(end - k, std::ssize(next) * lines);
      if (!next.empty()) lines = FullBlock(next[0], lines);
      made = std::move(next);
      progress->Update(k - begin);
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int64_t kBlocksAThread = 4;
  static constexpr int64_t kBlockBytes = 1 << 17, kMostLines = 1 << 12;

  static int64_t Blocks(int64_t all, int64_t lines) { return all / lines + (all % lines > 0 ? 1 : 0); }

  // How many lines such as those of `block`, which has `lines` of them, make a full one; at most eight times as many.
  static int64_t FullBlock(const Block& block, int64_t lines) {
    const int64_t bytes = std::max<int64_t>(std::ssize(block.text), 1);
    return std::clamp<int64_t>(lines * kBlockBytes / bytes, 1, std::min(8 * lines, kMostLines));
  }

  // Writes `made` while `next` is made, blocks of `lines` from line k on.
  absl::Status Round(const std::vector<Block>& made, int64_t k, int64_t lines, int64_t end, std::vector<Block>* next) {
    absl::Status written;
    std::atomic<int64_t> taken = 0;
    const int64_t useful = std::clamp<int64_t>(std::ssize(*next), 1, std::ssize(makers_));
    RunConcurrently(static_cast<int>(useful), [&](int i) {
      if (i == 0) written = Write(made);
      for (int64_t b = taken++; b < std::ssize(*next); b = taken++) {
        Block& block = (*next)[b];
        const int64_t first = k + b * lines;
        block.status = makers_[i].Append(seed_, first, first + std::min(lines, end - first), &block.text);
      }
    });
    return written;
  }

  absl::Status Write(const std::vector<Block>& blocks) {
    for (const Block& block : blocks) {
      TALLY_RETURN_IF_ERROR(out_->Write(block.text));
      TALLY_RETURN_IF_ERROR(block.status);
    }
    return absl::OkStatus();
  }

  const uint64_t seed_;
  std::vector<Maker> makers_;
  OutputStream* const out_;
};

}  // namespace

absl::Status GenerateProblems(const GenerateOptions& options) {
  TALLY_ASSIGN_OR_RETURN(Samplers samplers, Samplers::Create(options));
  TALLY_ASSIGN_OR_RETURN(const int64_t count, Count(options, samplers));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<OutputStream> out, OutputStream::Open(options.out));
  const int64_t begin = options.shard.Begin(count);
  const int64_t end = options.shard.End(count);
  Progress progress("problems", count == kEndless ? 0 : end - begin);
  const Order order(options, samplers, count);
  ThreadedWriter writer(options.seed, {std::move(samplers), order}, ThreadCount(options.threads), out.get());
  TALLY_RETURN_IF_ERROR(writer.Run(begin, end, &progress));
  return out->Commit();
}

}  // namespace tally

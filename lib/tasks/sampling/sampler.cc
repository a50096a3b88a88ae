// How a sample is made; the order of the draws is part of the data sets' format:
//   1. What the task draws (Task::Draw).
//   2. If adversarial > 0, one Uniform(): below the share, Task::MakeAdversarial.
//   3. With a split: from 1 again until the problem falls on its side. After 64 draws lengths leave the grid.
//   4. What the task draws for the line (Task::Render), such as the hints' start.
//   5. The spaces.
#include "lib/tasks/sampling/sampler.h"

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace tally {
namespace {

constexpr int kDrawsOfSameLengths = 64;
constexpr int kDraws = 4096;

absl::Status ValidateRange(const LengthRange& range, absl::string_view name) {
  if (1 <= range.min && range.min <= range.max && range.max <= kMaxOperandDigits) return absl::OkStatus();
  return UsageError(absl::StrCat("lengths of the ", name, " operand: found ", range.min, "..", range.max,
                                 ", expected a range within 1..", kMaxOperandDigits));
}

absl::Status ValidateShare(double share, absl::string_view name) {
  if (share >= 0 && share <= 1) return absl::OkStatus();
  return UsageError(absl::StrCat("share of ", name, ": found ", share, ", expected 0..1"));
}

absl::Status ValidateShares(const SamplerOptions& options) {
  TALLY_RETURN_IF_ERROR(ValidateShare(options.equal_lengths, "equal lengths"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.carry_chains, "carry chains"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.extreme_digits, "extreme digits"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.common_digits, "common digits"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.adversarial, "adversarial problems"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.spaces, "spaces"));
  return ValidateShare(options.split.test_share, "test problems");
}

// `line` with random spaces: before each character, with probability p, then p / 10, ...
void AddSpaces(double p, Random* random, std::string* line) {
  std::string spaced;
  for (const char c : *line) {
    for (double q = p; random->Uniform() < q; q *= 0.1) spaced.push_back(' ');
    spaced.push_back(c);
  }
  *line = std::move(spaced);
}

}  // namespace

absl::StatusOr<Split::Side> ParseSplitSide(absl::string_view text) {
  if (text == "all") return Split::kAll;
  if (text == "train") return Split::kTrain;
  if (text == "test") return Split::kTest;
  return UsageError(absl::StrCat("unknown --split ", Quote(text), ", expected all, train or test",
                                 DidYouMean(text, {"all", "train", "test"})));
}

absl::uint128 ProblemHash(const Task& task, const std::vector<std::string>& operands) {
  const std::string key = absl::StrCat(task.name(), " ", task.Key(operands));
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return absl::MakeUint128(hash.high64, hash.low64);
}

absl::uint128 ProblemHash(const ParsedProblem& problem, const ProblemFormat& format) {
  return ProblemHash(*format.task, format.task->DrawnOperands(problem, format));
}

bool IsTestProblem(absl::uint128 hash, double test_share) {
  return static_cast<double>(absl::Uint128High64(hash) >> 11) * 0x1.0p-53 < test_share;
}

absl::StatusOr<Sampler> Sampler::Create(const SamplerOptions& options) {
  const Task& task = *options.format.task;
  TALLY_RETURN_IF_ERROR(ValidateRange(options.first, "first"));
  TALLY_RETURN_IF_ERROR(ValidateRange(options.second, "second"));
  TALLY_RETURN_IF_ERROR(ValidateShares(options));
  TALLY_RETURN_IF_ERROR(ValidateLengthDistribution(options.lengths, options.first, options.second));
  TALLY_RETURN_IF_ERROR(ValidateProblemFormat(options.format));
  TALLY_RETURN_IF_ERROR(CheckDrawOptions(task, options.format, options));
  TALLY_RETURN_IF_ERROR(RefuseIf(options.spaces > 0 && !options.format.spaces, "the format has no spaces"));
  TALLY_RETURN_IF_ERROR(
      RefuseIf(options.split.side != Split::kAll && (task.options() & kHasSplit) == 0,
               absl::StrCat(task.name(), " has no split: its problems are counted, and --count takes a part of them")));
  return Sampler(options);
}

Sampler::Sampler(const SamplerOptions& options)
    : options_(options), population_(options.format.task->Population(options)) {}

bool Sampler::OnRequestedSide() const {
  if (options_.split.side == Split::kAll) return true;
  const bool test = IsTestProblem(ProblemHash(*options_.format.task, operands_), options_.split.test_share);
  return test == (options_.split.side == Split::kTest);
}

absl::Status Sampler::Sample(uint64_t seed, RandomStream stream, uint64_t index, std::string* line) {
  Random random(seed, stream, index);
  const ProblemFormat& format = options_.format;
  int draw = 0;
  do {
    if (draw == kDraws) return UsageError("no problem of these lengths falls on the wanted side of the split");
    const bool again = draw++ >= kDrawsOfSameLengths;
    format.task->Draw(options_, format, {index, again}, &random, &operands_);
    if (options_.adversarial > 0 && random.Uniform() < options_.adversarial) {
      format.task->MakeAdversarial(options_, &random, &operands_);
    }
  } while (!OnRequestedSide());
  format.task->Render(operands_, format, &random, line);
  if (options_.spaces > 0) AddSpaces(options_.spaces, &random, line);
  return absl::OkStatus();
}

}  // namespace tally

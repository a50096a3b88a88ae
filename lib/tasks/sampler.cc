// How a sample is made; the order of the draws is part of the data sets' format:
//   1. For sums of several numbers: how many.
//   2. Lengths (lengths.h). If equal_lengths > 0, one Uniform(): below the share, the second becomes the first where it
//      can. Further operands draw a length each.
//   3. The digits of the operands in turn (operands.h).
//   4. If carry_chains > 0, one Uniform(): below the share, MakeCarryChain. With no_carry or uniform_carry_runs the
//      digits are drawn anew by DrawWithCarryRun.
//   5. With a split: from 1 again until the problem falls on its side. After 64 draws lengths are uniform.
//   6. The hints' start, or the spaces.
// Sorting: how many numbers and their most digits by 2, the first label, the hints' start, then for each number its
// length and digits. Bitwise OR: bitwise_or.h.
#include "lib/tasks/sampler.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/digits.h"
#include "lib/tasks/index_hints.h"
#include "lib/tasks/operands.h"
#include "lib/tasks/sorting.h"

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

absl::Status Refuse(bool refused, absl::string_view message) {
  return refused ? UsageError(message) : absl::OkStatus();
}

// What does not go together.
absl::Status ValidateCombination(const SamplerOptions& o) {
  const bool sums = o.format.task == Task::kAddition, several = o.max_operands > 2;
  const bool plain = o.lengths.kind == LengthDistribution::kPlain;
  const bool carries = o.no_carry || o.uniform_carry_runs || o.carry_chains > 0;
  TALLY_RETURN_IF_ERROR(Refuse(o.min_operands < 2 || o.min_operands > o.max_operands || o.max_operands > kMaxOperands,
                               absl::StrCat("operands: found ", o.min_operands, "..", o.max_operands,
                                            ", expected a range within 2..", kMaxOperands)));
  TALLY_RETURN_IF_ERROR(Refuse(several && !sums, "more than two operands: only sums have them"));
  TALLY_RETURN_IF_ERROR(Refuse(several && (o.format.interleave || carries),
                               "more than two operands exclude interleaving and the choice of carries"));
  TALLY_RETURN_IF_ERROR(
      Refuse(several && o.lengths.kind == LengthDistribution::kBucket,
             "more than two operands: lengths are uniform, weighted or plain, there is no grid of them"));
  TALLY_RETURN_IF_ERROR(Refuse(o.no_carry + o.uniform_carry_runs + (o.carry_chains > 0) > 1,
                               "carries are chosen in one way at a time: none, chains, or the longest run"));
  TALLY_RETURN_IF_ERROR(Refuse((o.no_carry || o.uniform_carry_runs) && (!sums || plain),
                               "the choice of carries needs sums of operands with chosen lengths"));
  TALLY_RETURN_IF_ERROR(Refuse(o.keep_places && !plain, "keeping places needs lengths that are plain"));
  TALLY_RETURN_IF_ERROR(Refuse(plain && !IsArithmetic(o.format.task), "plain lengths are those of numbers"));
  TALLY_RETURN_IF_ERROR(Refuse(o.spaces > 0 && !o.format.spaces, "the format has no spaces"));
  return Refuse(o.split.side != Split::kAll && o.format.task == Task::kBitwiseOr,
                "bitwise OR has no split: its problems are counted, and --count takes a part of them");
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

// `line`, a standard one, with a hint before each digit and sign. Operators and `=` have none.
std::string Hinted(const std::string& line, char operation, int64_t start) {
  const size_t equals = line.find('=');
  std::string hinted;
  size_t begin = 0;
  for (size_t i = 0; i <= line.size(); ++i) {
    const bool ends_number = i == equals || i == line.size() || (i < equals && line[i] == operation);
    if (!ends_number) continue;
    hinted += WithHints(absl::string_view(line).substr(begin, i - begin), start);
    if (i < line.size()) hinted.push_back(line[i]);
    begin = i + 1;
  }
  return hinted;
}

}  // namespace

absl::StatusOr<Sampler> Sampler::Create(const SamplerOptions& options) {
  TALLY_RETURN_IF_ERROR(ValidateRange(options.first, "first"));
  TALLY_RETURN_IF_ERROR(ValidateRange(options.second, "second"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.equal_lengths, "equal lengths"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.carry_chains, "carry chains"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.spaces, "spaces"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.split.test_share, "test problems"));
  TALLY_RETURN_IF_ERROR(ValidateLengthDistribution(options.lengths, options.first, options.second));
  TALLY_RETURN_IF_ERROR(ValidateProblemFormat(options.format));
  TALLY_RETURN_IF_ERROR(ValidateCombination(options));
  return Sampler(options);
}

Sampler::Sampler(const SamplerOptions& options) : options_(options) {
  if (options.format.task != Task::kBitwiseOr) return;
  bitwise_or_.emplace(options.first, options.second);
  population_ = bitwise_or_->count();
}

void Sampler::DrawPair(const Lengths& lengths, Random* random) {
  std::string &first = operands_[0], &second = operands_[1];
  if (options_.no_carry || options_.uniform_carry_runs) {
    first.assign(lengths.first, '0');
    second.assign(lengths.second, '0');
    const int most = options_.no_carry ? 0 : std::min(lengths.first, lengths.second);
    DrawWithCarryRun(static_cast<int>(random->Below(most + 1)), options_.keep_zero, random, &first, &second);
    return;
  }
  DrawNumber(lengths.first, options_.keep_zero, random, &first);
  DrawNumber(lengths.second, options_.keep_zero, random, &second);
  if (options_.carry_chains > 0 && random->Uniform() < options_.carry_chains) {
    MakeCarryChain(options_.keep_zero, random, &first, &second);
  }
}

void Sampler::DrawArithmetic(uint64_t index, bool again, Random* random) {
  static const LengthDistribution& uniform = *new LengthDistribution{LengthDistribution::kUniform, {}};
  const bool leave_grid = again && options_.lengths.kind == LengthDistribution::kBucket;
  const LengthDistribution& distribution = leave_grid ? uniform : options_.lengths;
  const int most = options_.max_operands, least = options_.min_operands;
  operands_.resize(most == least ? most : least + static_cast<int>(random->Below(most - least + 1)));
  Lengths lengths = ChooseLengths(distribution, options_.first, options_.second, index, random);
  if (options_.equal_lengths > 0 && random->Uniform() < options_.equal_lengths &&
      options_.second.contains(lengths.first)) {
    lengths.second = lengths.first;
  }
  const bool plain = distribution.kind == LengthDistribution::kPlain;
  if (!plain) DrawPair(lengths, random);
  for (size_t i = plain ? 0 : 2; i < operands_.size(); ++i) {
    if (plain) {
      DrawBelowPowerOfTen(i == 0 ? lengths.first : lengths.second, random, &operands_[i]);
      if (!options_.keep_places) operands_[i].resize(WithoutLeadingZeros(operands_[i]).size());
    } else {
      DrawNumber(DrawLength(distribution, options_.second, random), options_.keep_zero, random, &operands_[i]);
    }
  }
}

void Sampler::DrawSorting(uint64_t index, Random* random) {
  // The number of numbers changes slowest, as in the reference.
  const Lengths lengths = ChooseLengths(options_.lengths, options_.second, options_.first, index, random);
  operands_.resize(lengths.first);
  for (std::string& number : operands_) {
    DrawNumber(1 + static_cast<int>(random->Below(lengths.second)), options_.keep_zero, random, &number);
  }
}

bool Sampler::OnWantedSide() const {
  if (options_.split.side == Split::kAll) return true;
  const bool test = IsTestProblem(ProblemHash(options_.format.task, operands_), options_.split.test_share);
  return test == (options_.split.side == Split::kTest);
}

absl::Status Sampler::Sample(uint64_t seed, RandomStream stream, uint64_t index, std::string* line) {
  Random random(seed, stream, index);
  const ProblemFormat& format = options_.format;
  if (format.task == Task::kBitwiseOr) {
    *line = bitwise_or_->Line(index, random.Below(2) == 1);
  } else {
    int draw = 0;
    do {
      if (draw == kDraws) return UsageError("no problem of these lengths falls on the wanted side of the split");
      const bool again = draw++ >= kDrawsOfSameLengths;
      if (format.task == Task::kSorting) {
        DrawSorting(index, &random);
      } else {
        DrawArithmetic(index, again, &random);
      }
    } while (!OnWantedSide());
    if (format.task == Task::kSorting) {
      const auto label = static_cast<int64_t>(random.Below(kHints));
      const int64_t hint = format.index_hints ? static_cast<int64_t>(random.Below(kHints)) : -1;
      RenderSorting(operands_, OperandsAreReversed(format.order), label, hint, line);
      return absl::OkStatus();
    }
    for (std::string& operand : operands_) operand.append(format.prepended_zeros, '0');
    RenderProblem(operands_, format, line);
  }
  if (format.index_hints) *line = Hinted(*line, OperatorOf(format.task), static_cast<int64_t>(random.Below(kHints)));
  if (options_.spaces > 0) AddSpaces(options_.spaces, &random, line);
  return absl::OkStatus();
}

}  // namespace tally

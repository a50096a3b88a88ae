// How sample i is made; the order of the draws is part of the data sets' format:
//   1. Lengths: from i (kBucket), or the first, then the second drawn uniformly (kUniform).
//   2. If equal_lengths > 0, one Uniform(): below the share, the second length becomes the first where it can.
//   3. The digits of the first operand, then of the second, in groups of nine from the least significant on. A group of
//      k digits is one number below 10^k, or, for the last group of an operand, in [10^(k-1), 10^k) (with keep_zero and
//      a single digit, below 10).
//   4. If carry_chains > 0, one Uniform(): below the share, groups of nine decimal digits are drawn, one digit for each
//      weight of the longer operand; one below 7 sets the second's digit to 9 minus the first's, or, where only one
//      operand has that weight, its digit to 9.
// Every number comes from Random::Below: exactly uniform, from one 32-bit word (rarely another).
#include "lib/arithmetic/sampler.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr int kGroup = 9;  // most decimal digits that a 32-bit word holds
constexpr uint32_t kPowers[kGroup + 1] = {1,       10,        100,        1'000,       10'000,
                                          100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};
constexpr int kCarryDigits = 7;  // of ten: the probability .7 of a complement

// Writes the `count` decimal digits of `value`, least significant first.
void WriteDigits(uint32_t value, int count, char* out) {
  for (int i = 0; i < count; ++i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Writes an operand of `length` digits, least significant first.
void DrawOperand(int length, bool keep_zero, Random* random, char* out) {
  const bool may_be_zero = keep_zero && length == 1;
  for (; length > kGroup; length -= kGroup, out += kGroup) {
    WriteDigits(random->Below(kPowers[kGroup]), kGroup, out);
  }
  const uint32_t least = may_be_zero ? 0 : kPowers[length - 1];
  WriteDigits(least + random->Below(kPowers[length] - least), length, out);
}

// Digits of an operand, least significant first.
struct Digits {
  char* data;
  int size;
};

// Step 4 for a sample that was chosen: a carry into these digits travels on.
void MakeCarryChain(Digits first, Digits second, bool keep_zero, Random* random) {
  char lots[kGroup];
  const bool may_begin_with_zero = keep_zero && second.size == 1;
  for (int i = 0; i < std::max(first.size, second.size); ++i) {
    if (i % kGroup == 0) WriteDigits(random->Below(kPowers[kGroup]), kGroup, lots);
    if (lots[i % kGroup] >= '0' + kCarryDigits) continue;
    if (i >= second.size) {
      first.data[i] = '9';
    } else if (i >= first.size) {
      second.data[i] = '9';
    } else if (first.data[i] != '9' || i + 1 < second.size || may_begin_with_zero) {
      second.data[i] = static_cast<char>('0' + '9' - first.data[i]);
    }
  }
}

int DrawLength(const LengthRange& range, Random* random) {
  return range.min + static_cast<int>(random->Below(range.max - range.min + 1));
}

struct Lengths {
  int first;
  int second;
};

// Steps 1 and 2.
Lengths ChooseLengths(const SamplerOptions& options, uint64_t index, Random* random) {
  Lengths lengths;
  if (options.lengths == LengthDistribution::kBucket) {
    const uint64_t firsts = options.first.max - options.first.min + 1;
    const uint64_t seconds = options.second.max - options.second.min + 1;
    lengths.first = options.first.min + static_cast<int>(index / seconds % firsts);
    lengths.second = options.second.min + static_cast<int>(index % seconds);
  } else {
    lengths.first = DrawLength(options.first, random);
    lengths.second = DrawLength(options.second, random);
  }
  if (options.equal_lengths > 0 && random->Uniform() < options.equal_lengths && lengths.first >= options.second.min &&
      lengths.first <= options.second.max) {
    lengths.second = lengths.first;
  }
  return lengths;
}

absl::Status ValidateRange(const LengthRange& range, absl::string_view name) {
  if (1 <= range.min && range.min <= range.max && range.max <= kMaxOperandDigits) return absl::OkStatus();
  return UsageError(absl::StrCat("lengths of the ", name, " operand: found ", range.min, "..", range.max,
                                 ", expected a range within 1..", kMaxOperandDigits));
}

absl::Status ValidateShare(double share, absl::string_view name) {
  if (share >= 0 && share <= 1) return absl::OkStatus();
  return UsageError(absl::StrCat("share of ", name, ": found ", share, ", expected 0..1"));
}

}  // namespace

absl::Status ValidateSamplerOptions(const SamplerOptions& options) {
  TALLY_RETURN_IF_ERROR(ValidateRange(options.first, "first"));
  TALLY_RETURN_IF_ERROR(ValidateRange(options.second, "second"));
  TALLY_RETURN_IF_ERROR(ValidateShare(options.equal_lengths, "equal lengths"));
  return ValidateShare(options.carry_chains, "carry chains");
}

void SampleProblem(const SamplerOptions& options, uint64_t seed, RandomStream stream, uint64_t index,
                   std::string* line) {
  Random random(seed, stream, index);
  const auto [first_size, second_size] = ChooseLengths(options, index, &random);
  line->resize(first_size + 1 + second_size + 1 + std::max(first_size, second_size) + 1);
  char* const first = &(*line)[0];
  char* const second = first + first_size + 1;
  char* const answer = second + second_size + 1;
  second[-1] = options.format.operation;
  answer[-1] = '=';

  DrawOperand(first_size, options.keep_zero, &random, first);
  DrawOperand(second_size, options.keep_zero, &random, second);
  const absl::string_view first_digits(first, first_size);
  if (options.carry_chains > 0 && random.Uniform() < options.carry_chains) {
    MakeCarryChain({first, first_size}, {second, second_size}, options.keep_zero, &random);
  }
  const size_t answer_size = AddReversedTo(first_digits, absl::string_view(second, second_size), answer);

  if (options.format.order != DigitOrder::kAllReversed) {
    std::reverse(first, first + first_size);
    std::reverse(second, second + second_size);
  }
  if (options.format.order == DigitOrder::kPlain) std::reverse(answer, answer + answer_size);
  line->resize(answer + answer_size - first);
}

}  // namespace tally

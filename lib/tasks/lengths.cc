#include "lib/tasks/lengths.h"

#include <numeric>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"

namespace tally {

absl::StatusOr<LengthDistribution> ParseLengthDistribution(absl::string_view text) {
  if (text == "bucket") return LengthDistribution{LengthDistribution::kBucket, {}};
  if (text == "uniform") return LengthDistribution{LengthDistribution::kUniform, {}};
  if (text == "plain") return LengthDistribution{LengthDistribution::kPlain, {}};
  absl::string_view weights = text;
  if (!absl::ConsumePrefix(&weights, "weighted:")) {
    return UsageError(absl::StrCat("unknown --length_distribution ", Quote(text),
                                   ", expected bucket, uniform, plain or weighted:W,W,...",
                                   DidYouMean(text, {"bucket", "uniform", "plain", "weighted:"})));
  }
  LengthDistribution distribution = {LengthDistribution::kWeighted, {}};
  for (const absl::string_view weight : absl::StrSplit(weights, ',')) {
    distribution.weights.emplace_back();
    if (absl::SimpleAtod(weight, &distribution.weights.back())) continue;
    return UsageError(absl::StrCat("--length_distribution: found the weight ", Quote(weight), ", expected a number"));
  }
  return distribution;
}

absl::Status ValidateLengthDistribution(const LengthDistribution& distribution, const LengthRange& first,
                                        const LengthRange& second) {
  if (distribution.kind != LengthDistribution::kWeighted) return absl::OkStatus();
  double sum = 0;
  for (const double weight : distribution.weights) {
    if (!(weight >= 0 && weight <= 1e15)) {
      return UsageError(absl::StrCat("weight of a length: found ", weight, ", expected a number from 0 on"));
    }
    sum += weight;
  }
  const auto weights = static_cast<int>(distribution.weights.size());
  if (weights != first.count() || weights != second.count()) {
    return UsageError(absl::StrCat("weights of lengths: found ", weights, ", expected one for each length of both ",
                                   "operands, ", first.min, "..", first.max, " and ", second.min, "..", second.max));
  }
  return sum > 0 ? absl::OkStatus() : UsageError("weights of lengths: all are 0");
}

int DrawLength(const LengthDistribution& distribution, const LengthRange& range, Random* random) {
  if (distribution.kind != LengthDistribution::kWeighted) {
    return range.min + static_cast<int>(random->Below(range.count()));
  }
  const std::vector<double>& weights = distribution.weights;
  double rest = random->Uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (size_t i = 0; i < weights.size(); ++i) {
    rest -= weights[i];
    if (rest < 0) return range.min + static_cast<int>(i);
  }
  size_t last = weights.size() - 1;  // by rounding
  while (weights[last] == 0) --last;
  return range.min + static_cast<int>(last);
}

Lengths ChooseLengths(const LengthDistribution& distribution, const LengthRange& first, const LengthRange& second,
                      uint64_t index, Random* random) {
  Lengths lengths = {first.max, second.max};
  if (distribution.kind == LengthDistribution::kBucket) {
    lengths.first = first.min + static_cast<int>(index / second.count() % first.count());
    lengths.second = second.min + static_cast<int>(index % second.count());
  } else if (distribution.kind != LengthDistribution::kPlain) {
    lengths.first = DrawLength(distribution, first, random);
    lengths.second = DrawLength(distribution, second, random);
  }
  return lengths;
}

}  // namespace tally

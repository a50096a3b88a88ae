#include "lib/eval/cell_problems.h"

#include <algorithm>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/results/cell.h"

namespace tally {
namespace {

// The number of problem i of a cell of n and m digits: injective for lengths below 2^20 (ParseLengths checks it) and i
// below 2^24. Problems of several operands share their numbers with those of two, whose operands they begin with.
uint64_t SampleNumber(int64_t n, int64_t m, int64_t i) {
  return static_cast<uint64_t>(n) << 44 | static_cast<uint64_t>(m) << 24 | static_cast<uint64_t>(i);
}

SamplerOptions OptionsFor(const ProblemFormat& format, const GridCell& cell) {
  SamplerOptions options;
  options.format = format;
  const int n = static_cast<int>(cell.first), m = static_cast<int>(cell.second);
  options.first = {n, n};
  options.second = {m, m};
  if (cell.operands <= 2) return options;
  options.min_operands = options.max_operands = static_cast<int>(cell.operands);
  options.lengths.kind = LengthDistribution::kUniform;
  return options;
}

double HalfWidth(int64_t exact, int64_t scored) {
  const Interval interval = WilsonInterval(exact, scored);
  return (interval.high - interval.low) / 2;
}

}  // namespace

absl::StatusOr<CellProblems> CellProblems::ForGrid(const ProblemFormat& format, const GridCell& cell, uint64_t seed) {
  TALLY_RETURN_IF_ERROR(format.task->CheckCell(format, {cell.first, cell.second, cell.operands}));
  CellProblems problems;
  TALLY_ASSIGN_OR_RETURN(Sampler sampler, Sampler::Create(OptionsFor(format, cell)));
  problems.sampler_.emplace(std::move(sampler));
  problems.seed_ = seed;
  problems.first_ = cell.first;
  problems.second_ = cell.second;
  if (problems.sampler_->is_counted()) {
    problems.order_.emplace(problems.sampler_->population(), seed, RandomStream::kEvaluation,
                            SampleNumber(cell.first, cell.second, 0));
  }
  return problems;
}

CellProblems CellProblems::OfLines(std::vector<std::string> lines) {
  CellProblems problems;
  problems.given_ = std::move(lines);
  return problems;
}

int64_t CellProblems::count() const {
  return std::min(kMaxSamples, sampler_.has_value() ? sampler_->population() : static_cast<int64_t>(given_.size()));
}

absl::Status CellProblems::AppendTo(int64_t begin, int64_t end, int64_t cell, std::vector<ScoreLine>* lines) {
  for (int64_t i = begin; i < end; ++i) {
    ScoreLine& line = lines->emplace_back();
    line.cell = cell;
    if (!sampler_.has_value()) {
      line.text = given_[i];
      line.sample = static_cast<uint64_t>(i);
      continue;
    }
    line.sample = SampleNumber(first_, second_, i);
    const uint64_t index = order_.has_value() ? (*order_)(i) : line.sample;
    TALLY_RETURN_IF_ERROR(sampler_->Sample(seed_, RandomStream::kEvaluation, index, &line.text));
  }
  return absl::OkStatus();
}

int64_t NextLook(const SamplePlan& plan, int64_t scored) {
  if (plan.interval == 0) return plan.most;
  if (scored > 0) return std::min(2 * scored, plan.most);
  int64_t low = 1, high = plan.most;  // the smallest lot that can be enough, or all
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (HalfWidth(middle, middle) <= plan.interval) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

bool IsEnough(const SamplePlan& plan, int64_t exact, int64_t scored) {
  return scored >= plan.most || (plan.interval > 0 && HalfWidth(exact, scored) <= plan.interval);
}

}  // namespace tally

#include "lib/eval/sample_plan.h"

#include <algorithm>

#include "lib/results/cell.h"

namespace tally {
namespace {

double HalfWidth(int64_t exact, int64_t scored) {
  const Interval interval = WilsonInterval(exact, scored);
  return (interval.high - interval.low) / 2;
}

}  // namespace

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

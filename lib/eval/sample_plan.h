// How many problems of a cell are scored. Torch-free.
#ifndef TALLY_LIB_EVAL_SAMPLE_PLAN_H_
#define TALLY_LIB_EVAL_SAMPLE_PLAN_H_

#include <cstdint>

namespace tally {

// With an interval, a cell is looked at after a first lot of problems, then each time their number has doubled, and is
// done once the half-width of its 95 % Wilson interval is at most `interval`. The looks depend on the plan alone, never
// on batches. The first lot is the smallest that can be enough: a cell with all answers right, or all wrong.
//
// Looking more than once biases the result slightly: a cell that is lucky early stops, one that is not goes on.
struct SamplePlan {
  int64_t most = 100;   // problems
  double interval = 0;  // 0: all of them, no look
};

// The number of problems at the first look after `scored` (0 before the first), at most plan.most.
int64_t NextLook(const SamplePlan& plan, int64_t scored);

// Whether a cell with `exact` right answers of `scored` is done.
bool IsEnough(const SamplePlan& plan, int64_t exact, int64_t scored);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_SAMPLE_PLAN_H_

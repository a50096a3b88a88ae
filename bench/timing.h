// What measurements share.
#ifndef TALLY_BENCH_TIMING_H_
#define TALLY_BENCH_TIMING_H_

#include <algorithm>
#include <chrono>
#include <vector>

namespace tally {

using Clock = std::chrono::steady_clock;

inline double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Of an even number of values the upper one of the middle two. At least one value.
inline double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace tally

#endif  // TALLY_BENCH_TIMING_H_

// A clock that nobody sets.
#ifndef TALLY_LIB_BASE_OS_STEADY_CLOCK_H_
#define TALLY_LIB_BASE_OS_STEADY_CLOCK_H_

#include <chrono>

#include "absl/time/time.h"

namespace tally {

// A time of which only differences to others of this process mean anything: it goes on evenly where the time of day is
// set forward or back. Thread-safe.
inline absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace tally

#endif  // TALLY_LIB_BASE_OS_STEADY_CLOCK_H_

// How long a test that draws its inputs goes on.
#ifndef TALLY_TESTS_FUZZ_ROUNDS_H_
#define TALLY_TESTS_FUZZ_ROUNDS_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace tally::fuzz {

// TALLY_FUZZ_ROUNDS, or `rounds` where nobody has set it.
inline int64_t RoundsOr(int64_t rounds) {
  const char* const given = std::getenv("TALLY_FUZZ_ROUNDS");
  if (given != nullptr && !absl::SimpleAtoi(given, &rounds)) ADD_FAILURE() << "TALLY_FUZZ_ROUNDS is no number";
  return rounds;
}

}  // namespace tally::fuzz

#endif  // TALLY_TESTS_FUZZ_ROUNDS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/kernels/normal_draw/normal_draw.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <vector>

namespace tally {
namespace {

std::vector<float> Drawn(const TokenStates& states, int threads) {
  std::vector<float> numbers(states.states() * states.width);
  DrawTokenStates(states, threads, numbers.data());
  return numbers;
}

std::vector<float> DrawnPlain(const TokenStates& states) {
  std::vector<float> numbers(states.states() * states.width);
  DrawTokenStatesPlain(states, numbers.data());
  return numbers;
}

const TokenStates kStates = {9, {4, 7, uint64_t{1} << 40}, 2, 13, 50};

TokenStates With(double deviation, bool unit) {
  TokenStates states = kStates;
  states.deviation = deviation;
  states.unit = unit;
  return states;
}

// What InitialState drew one by one, in one thread (EMBED, NORMAL and UNIT).
TEST(TokenStatesTest, StayAsTheyWere) {
  const struct {
    TokenStates states;
    float first, last;
    uint64_t hash;
  } cases[] = {{With(0.02, false), -0x1.71399p-6f, 0x1.63200cp-9f, 0x59e7b067a831435f},
               {With(1, false), -0x1.2074f8p+0f, 0x1.15710ap-3f, 0x08701f4fc419ce8a},
               {With(1, true), -0x1.01f492p+0f, 0x1.7268e2p-4f, 0x598d46646d5f0105}};
  for (const auto& c : cases) {
    for (const std::vector<float>& numbers : {Drawn(c.states, 1), DrawnPlain(c.states)}) {
      EXPECT_EQ(numbers.front(), c.first);
      EXPECT_EQ(numbers.back(), c.last);
      EXPECT_EQ(XXH3_64bits(numbers.data(), numbers.size() * sizeof(float)), c.hash);
    }
  }
}

TEST(TokenStatesTest, DoNotDependOnThreads) {
  for (const bool unit : {false, true}) {
    TokenStates states = With(1, unit);
    states.end = 700;  // worth several threads
    const std::vector<float> expected = DrawnPlain(states);
    for (const int threads : {1, 2, 3, 7}) EXPECT_EQ(Drawn(states, threads), expected) << threads;
  }
}

TEST(TokenStatesTest, NoStatesAreNone) {
  TokenStates states = kStates;
  states.end = states.begin;
  EXPECT_THAT(Drawn(states, 2), ::testing::IsEmpty());
  states.end = 13;
  states.samples.clear();
  EXPECT_THAT(Drawn(states, 2), ::testing::IsEmpty());
}

}  // namespace
}  // namespace tally

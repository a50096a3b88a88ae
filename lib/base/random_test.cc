#include "lib/base/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally {
namespace {

using testing::ElementsAre;

constexpr uint64_t kSeed = 0x123456789abcdef0;
constexpr uint64_t kIndex = 0x1122334455667788;

Random TestRandom(uint64_t index = 42) { return Random(kSeed, RandomStream::kTest, index); }

// Vectors of philox4x32-10 that Random123 publishes (tests/kat_vectors).
TEST(RandomTest, PhiloxKnownAnswers) {
  Random zero(0, static_cast<RandomStream>(0), 0);
  const uint32_t expected[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  for (const uint32_t word : expected) EXPECT_EQ(zero.Next32(), word);

  const philox4x32_ctr_t ones = {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}};
  const philox4x32_key_t ones_key = {{0xffffffff, 0xffffffff}};
  EXPECT_THAT(philox4x32_R(10, ones, ones_key).v, ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  const philox4x32_ctr_t pi = {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}};
  const philox4x32_key_t pi_key = {{0xa4093822, 0x299f31d0}};
  EXPECT_THAT(philox4x32_R(10, pi, pi_key).v, ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(RandomTest, KeyIsTheSeedAndCounterIsIndexStreamBlock) {
  Random random(kSeed, RandomStream::kTest, kIndex);
  const philox4x32_key_t key = {{0x9abcdef0, 0x12345678}};
  for (uint32_t block = 0; block < 5; ++block) {
    const philox4x32_ctr_t counter = {{0x55667788, 0x11223344, 1000, block}};
    const philox4x32_ctr_t expected = philox4x32_R(10, counter, key);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(random.Next32(), expected.v[i]);
  }
}

TEST(RandomTest, Next64TakesTheLowHalfFirst) {
  Random halves = TestRandom(), whole = TestRandom();
  const uint64_t low = halves.Next32();
  const uint64_t high = halves.Next32();
  EXPECT_EQ(whole.Next64(), low | high << 32);
}

TEST(RandomTest, SeedStreamAndIndexEachChangeTheNumbers) {
  std::set<uint64_t> seen;
  for (const uint64_t seed : {uint64_t{1}, uint64_t{2}, uint64_t{1} << 32}) {
    for (const RandomStream stream : {RandomStream::kProblem, RandomStream::kTest}) {
      for (const uint64_t index : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32}) {
        seen.insert(Random(seed, stream, index).Next64());
      }
    }
  }
  EXPECT_EQ(seen.size(), 18);
}

TEST(RandomTest, ACopyGoesOnAsTheOriginalDoes) {
  Random random = TestRandom();
  random.Next32();
  Random copy = random;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(copy.Next32(), random.Next32());
}

// Values of an independent implementation; they are part of the file formats.
TEST(RandomTest, BelowStaysAsItIs) {
  const uint64_t digits[] = {5, 8, 8, 5, 4, 8, 8, 5, 8, 1, 7, 3};
  Random small = TestRandom();
  for (const uint64_t digit : digits) EXPECT_EQ(small.Below(10), digit);
  // These sizes reject a part of the draws.
  Random medium = TestRandom();
  for (const uint64_t n : {1722138689u, 2549753438u, 2448524129u, 1646698200u})
    EXPECT_EQ(medium.Below(3'000'000'000), n);
  Random large = TestRandom();
  for (const uint64_t n : {7594055072023355021u, 11079956138417727064u, 8145746511854900259u}) {
    EXPECT_EQ(large.Below(uint64_t{3} << 62), n);
  }
}

TEST(RandomTest, UniformAndNormalStayAsTheyAre) {
  Random uniform = TestRandom();
  EXPECT_EQ(uniform.Uniform(), 0.8499178131050538);
  EXPECT_EQ(uniform.Uniform(), 0.548899400470819);
  EXPECT_NEAR(TestRandom().Normal(), -1.8563949243355053, 1e-14);
}

TEST(RandomTest, BelowOneIsZeroAndLimitsHold) {
  Random random = TestRandom();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.Below(1), 0);
  for (const uint64_t n :
       {uint64_t{2}, uint64_t{0xffffffff}, uint64_t{1} << 32, (uint64_t{1} << 32) + 1, ~uint64_t{0}}) {
    for (int i = 0; i < 1000; ++i) EXPECT_LT(random.Below(n), n);
  }
}

// Chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand.
TEST(RandomTest, BelowIsUniform) {
  Random random = TestRandom();
  std::vector<int> counts(10);
  const int draws = 100'000;
  for (int i = 0; i < draws; ++i) ++counts[random.Below(10)];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += std::pow(count - draws / 10.0, 2) / (draws / 10.0);
  EXPECT_LT(chi_squared, 27.9);
}

// n is three quarters of the range of a draw: without rejection multiples of 3 would come twice as often as others.
TEST(RandomTest, BelowRejectsWhatWouldBias) {
  for (const uint64_t n : {uint64_t{3} << 30, uint64_t{3} << 62}) {
    Random random = TestRandom();
    std::vector<int> residues(3);
    const int draws = 30'000;
    for (int i = 0; i < draws; ++i) ++residues[random.Below(n) % 3];
    for (const int count : residues) EXPECT_NEAR(count, draws / 3, 6 * std::sqrt(draws * 2 / 9.0));
  }
}

TEST(RandomTest, UniformAndNormalHaveTheirMoments) {
  Random random = TestRandom();
  const int draws = 100'000;
  double uniform_sum = 0, normal_sum = 0, normal_squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double uniform = random.Uniform();
    ASSERT_GE(uniform, 0.0);
    ASSERT_LT(uniform, 1.0);
    uniform_sum += uniform;
    const double normal = random.Normal();
    normal_sum += normal;
    normal_squares += normal * normal;
  }
  EXPECT_NEAR(uniform_sum / draws, 0.5, 0.005);
  EXPECT_NEAR(normal_sum / draws, 0.0, 0.015);
  EXPECT_NEAR(normal_squares / draws, 1.0, 0.025);
}

TEST(PermutationTest, IsABijectionForEverySmallSize) {
  for (uint64_t size = 1; size <= 300; ++size) {
    const Permutation permutation(size, kSeed, RandomStream::kTest);
    std::set<uint64_t> images;
    for (uint64_t i = 0; i < size; ++i) images.insert(permutation(i));
    EXPECT_EQ(images.size(), size);
    EXPECT_LT(*images.rbegin(), size);
  }
}

TEST(PermutationTest, IsABijectionForLargerSizes) {
  for (const uint64_t size : {4095, 4096, 4097, 65'537}) {
    const Permutation permutation(size, kSeed, RandomStream::kTest);
    std::vector<bool> hit(size);
    for (uint64_t i = 0; i < size; ++i) hit[permutation(i)] = true;
    EXPECT_EQ(std::count(hit.begin(), hit.end(), true), size);
  }
}

TEST(PermutationTest, StaysAsItIs) {
  const uint64_t expected[] = {6, 8, 9, 5, 1, 4, 7, 2, 3, 0};
  const Permutation small(10, 7, RandomStream::kTest, 3);
  for (uint64_t i = 0; i < 10; ++i) EXPECT_EQ(small(i), expected[i]);
  const Permutation large(1'000'000'000'000, 7, RandomStream::kTest, 3);
  EXPECT_EQ(large(0), 885858096609);
  EXPECT_EQ(large(1), 113835714734);
}

TEST(PermutationTest, HugeSizesStayWithinRange) {
  for (const uint64_t size : {(uint64_t{1} << 62) + 1, ~uint64_t{0}}) {
    const Permutation permutation(size, kSeed, RandomStream::kTest);
    std::set<uint64_t> images;
    for (uint64_t i = 0; i < 1000; ++i) images.insert(permutation(size - 1 - i));
    EXPECT_EQ(images.size(), 1000);
    EXPECT_LT(*images.rbegin(), size);
  }
}

TEST(PermutationTest, SeedStreamAndIndexEachChangeIt) {
  const uint64_t size = 1000;
  const Permutation base(size, 1, RandomStream::kTest);
  const std::vector<Permutation> others = {
      {size, 2, RandomStream::kTest}, {size, 1, RandomStream::kProblemOrder}, {size, 1, RandomStream::kTest, 1}};
  for (const Permutation& other : others) {
    int fixed = 0;
    for (uint64_t i = 0; i < size; ++i) fixed += base(i) == other(i);
    EXPECT_LT(fixed, 10);  // one is expected by chance
  }
}

// The mean distance of a random permutation is size / 3; an order that stays near itself would not mix a file.
TEST(PermutationTest, MovesItemsFar) {
  const uint64_t size = 10'000;
  const Permutation permutation(size, kSeed, RandomStream::kTest);
  double distance = 0;
  for (uint64_t i = 0; i < size; ++i)
    distance += std::abs(static_cast<double>(permutation(i)) - static_cast<double>(i));
  EXPECT_NEAR(distance / size, size / 3.0, size / 50.0);
}

TEST(RandomTest, SkippedNormalsAreThoseThatWouldHaveBeenDrawn) {
  Random all(5, RandomStream::kTest, 1), skipping(5, RandomStream::kTest, 1);
  std::vector<double> drawn;
  for (int i = 0; i < 12; ++i) drawn.push_back(all.Normal());
  EXPECT_EQ(skipping.Normal(), drawn[0]);
  skipping.SkipNormals(6);
  EXPECT_EQ(skipping.Normal(), drawn[7]);
}

}  // namespace
}  // namespace tally

#include "lib/kernels/normal_draw/normal_draw.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <vector>

namespace tally {
namespace {

std::vector<float> Drawn(void (*draw)(const NormalSequence&, int64_t, float*), const NormalSequence& sequence,
                         int64_t count) {
  std::vector<float> numbers(count);
  draw(sequence, count, numbers.data());
  return numbers;
}

// Equal bit by bit: zeros of different signs differ.
void ExpectSame(const std::vector<float>& numbers, const std::vector<float>& expected, const char* target) {
  ASSERT_EQ(numbers.size(), expected.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(numbers[i]), std::bit_cast<uint32_t>(expected[i])) << target << ", number " << i;
  }
}

// Compares with the plain version under each set of instructions that this machine has.
void ExpectSameAsPlain(const NormalSequence& sequence, int64_t count) {
  const std::vector<float> expected = Drawn(DrawNormalsPlain, sequence, count);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    ExpectSame(Drawn(DrawNormals, sequence, count), expected, hwy::TargetName(target));
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

// What the library drew before it had vectors: part of models' and runs' meaning.
TEST(NormalDrawTest, StaysAsItWas) {
  const NormalSequence sequence = {0x123456789abcdef0, RandomStream::kTest, 42, 0, 0.02};
  for (const auto draw : {DrawNormals, DrawNormalsPlain}) {
    const std::vector<float> numbers = Drawn(draw, sequence, 100'003);
    EXPECT_EQ(numbers[0], -0x1.3026d8p-5f);
    EXPECT_EQ(numbers[1], -0x1.f37486p-6f);
    EXPECT_EQ(numbers[2], -0x1.ffae24p-8f);
    EXPECT_EQ(XXH3_64bits(numbers.data(), numbers.size() * sizeof(float)), 0x9704de66bb441ff2);
  }
}

// Millions of numbers under all instructions together: errors of the size that DrawNormals allows for would show as
// some other float.
TEST(NormalDrawTest, EqualsPlainVersionBitForBit) {
  for (const double deviation : {1.0, 0.02}) {
    for (uint64_t index = 0; index < 4; ++index) {
      ExpectSameAsPlain({index * 0x9E3779B97F4A7C15, RandomStream::kInitialState, index << 34, 0, deviation}, 100'000);
    }
  }
}

TEST(NormalDrawTest, AnyPartIsThatOfTheWhole) {
  for (int64_t count = 0; count <= 40; ++count) {
    for (const uint64_t first : {uint64_t{0}, uint64_t{3}, uint64_t{1'000'000'007}}) {
      ExpectSameAsPlain({5, RandomStream::kTest, 1, first, 1}, count);
    }
  }
}

// Blocks are counted in 32 bits.
TEST(NormalDrawTest, CountsOnFromZeroAfter2To32) {
  const NormalSequence end = {5, RandomStream::kTest, 1, (uint64_t{1} << 32) - 11, 1};
  ExpectSameAsPlain(end, 64);
  std::vector<float> after = Drawn(DrawNormals, end, 64);
  after.erase(after.begin(), after.begin() + 11);
  ExpectSame(after, Drawn(DrawNormals, {5, RandomStream::kTest, 1, 0, 1}, 53), "after 2^32");
}

TEST(NormalDrawTest, TouchesNothingBeyondItsNumbers) {
  for (int64_t count = 0; count < 20; ++count) {
    std::vector<float> numbers(count + 1, 7.0f);
    DrawNormals({5, RandomStream::kTest, 1, 0, 1}, count, numbers.data());
    EXPECT_EQ(numbers[count], 7.0f) << count;
  }
}

}  // namespace
}  // namespace tally

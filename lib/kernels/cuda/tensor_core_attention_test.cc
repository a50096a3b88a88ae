// The arithmetic of tensor_core_attention.h and where it puts its numbers, with tiles that are multiplied serially.
#include "lib/kernels/cuda/tensor_core_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "lib/kernels/cuda/short_attention_for_test.h"

namespace tally {
namespace {

// A float32 whose last 16 bits are 0, cut off: half as precise as rounded.
struct Bfloat16 {
  Bfloat16() = default;
  explicit Bfloat16(float x) {
    uint32_t whole;
    std::memcpy(&whole, &x, sizeof(whole));
    bits = static_cast<uint16_t>(whole >> 16);
  }
  explicit operator float() const {
    const uint32_t whole = static_cast<uint32_t>(bits) << 16;
    float x;
    std::memcpy(&x, &whole, sizeof(x));
    return x;
  }
  uint16_t bits = 0;
};

// A block's shared memory, at an address as CUDA gives it, of numbers that are none.
class SharedMemory {
 public:
  explicit SharedMemory(int64_t bytes) : numbers_(static_cast<int64_t>(bytes / sizeof(float)) + kAlignment, NAN) {}
  char* begin() {
    void* at = numbers_.data();
    size_t room = numbers_.size() * sizeof(float);
    return static_cast<char*>(std::align(kAlignment, 1, at, room));
  }

 private:
  static constexpr int64_t kAlignment = 128;
  std::vector<float> numbers_;
};

template <typename T>
void ExpectEqualsPlainLoops(const ShortCase& c, double relative) {
  const ShortProblem problem(c);
  ShortOutputs<T> found(problem);
  const ShortAttentionArrays x = found.Arrays(problem);
  for (const bool backward : {false, true}) {
    SharedMemory shared(TensorCoreMemory<T>(x, nullptr, backward, /*threads=*/1, /*groups=*/1).bytes);
    for (int64_t head = 0; head < x.batch * x.heads; ++head) {
      TensorCoreAttention<T, Alone> one(x, head / x.heads, head % x.heads, Alone(),
                                        TensorCoreMemory<T>(x, shared.begin(), backward, 1, 1));
      backward ? one.Backward() : one.Forward();
    }
  }
  found.ExpectAreOf(problem, relative);
}

class TensorCoreAttentionTest : public ::testing::TestWithParam<ShortCase> {};

TEST_P(TensorCoreAttentionTest, OfFloatsIsOfTheirTf32) { ExpectEqualsPlainLoops<float>(GetParam(), 4e-3); }

TEST_P(TensorCoreAttentionTest, OfTwoBytesEach) { ExpectEqualsPlainLoops<Bfloat16>(GetParam(), 6e-2); }

INSTANTIATE_TEST_SUITE_P(Shapes, TensorCoreAttentionTest, ::testing::ValuesIn(ShortCases()));

INSTANTIATE_TEST_SUITE_P(MoreTiles, TensorCoreAttentionTest,
                         ::testing::Values(ShortCase{{2, 63, 2, 32, false, true, {2, 1}, 0, 0, 20}, 63},
                                           ShortCase{{1, 128, 1, 16, false, false, {}}, 128},
                                           ShortCase{{1, 100, 2, 20, true, true, {3}, 0, 0, 30}, 96}));

}  // namespace
}  // namespace tally

#include "lib/kernels/gemm/bfloat16_simd.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/kernels/arrays_for_test.h"

namespace tally {
namespace {

float Half(uint32_t pair, bool upper) {
  const uint32_t bits = upper ? pair & 0xffff0000u : pair << 16;
  float number;
  std::memcpy(&number, &bits, sizeof(number));
  return number;
}

// Number `place` along the paired axis, whose pairs are `step` words apart.
float NumberAt(const uint32_t* first, int64_t step, int64_t place) {
  return Half(first[place / 2 * step], place % 2 == 1);
}

class Bfloat16SimdTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!HasBfloat16Products()) GTEST_SKIP() << "this processor has no bfloat16 instructions";
  }
};

// Eight bits of mantissa: an error of at most 2^-9 of the number; ties go to the even one.
TEST_F(Bfloat16SimdTest, PairsOfColumnsAndOfRowsAreTheNumbersRounded) {
  for (const auto& [rows, columns] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 5}, {4, 32}, {7, 47}, {2, 100}}) {
    const std::vector<float> in = NormalArray(1, rows * columns);
    std::vector<uint32_t> by_columns(rows * Pairs(columns)), by_rows(Pairs(rows) * columns);
    PairColumns(in.data(), rows, columns, by_columns.data());
    PairRows(in.data(), rows, columns, by_rows.data());
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        const float number = in[r * columns + c];
        const float found = NumberAt(by_columns.data() + r * Pairs(columns), 1, c);
        EXPECT_LE(std::abs(found - number), std::ldexp(std::abs(number), -8)) << r << " " << c;
        EXPECT_EQ(NumberAt(by_rows.data() + c, columns, r), found) << r << " " << c;
      }
      if (columns % 2 == 1) {
        EXPECT_EQ(by_columns[(r + 1) * Pairs(columns) - 1] >> 16, 0u);
      }
    }
    for (int64_t c = 0; c < columns && rows % 2 == 1; ++c) EXPECT_EQ(by_rows[rows / 2 * columns + c] >> 16, 0u);
  }
  const std::vector<float> ties = {1 + 1.0f / 256, 1 + 3.0f / 256};  // between neighbours of eight bits
  uint32_t pair = 0;
  PairColumns(ties.data(), 1, 2, &pair);
  EXPECT_EQ(Half(pair, false), 1.0f);
  EXPECT_EQ(Half(pair, true), 1 + 4.0f / 256);
}

TEST_F(Bfloat16SimdTest, ATranspositionMovesPairs) {
  const std::vector<uint32_t> in = {1, 2, 3, 4, 5, 6};
  std::vector<uint32_t> out(6);
  TransposePairs(in.data(), 2, 3, out.data());
  EXPECT_EQ(out, (std::vector<uint32_t>{1, 4, 2, 5, 3, 6}));
  std::vector<uint32_t> large(37 * 21), there(large.size()), back(large.size());
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<uint32_t>(i);
  TransposePairs(large.data(), 37, 21, there.data());
  TransposePairs(there.data(), 21, 37, back.data());
  EXPECT_EQ(back, large);
}

class PairsProductTest : public Bfloat16SimdTest,
                         public ::testing::WithParamInterface<std::tuple<int64_t, int64_t, int64_t>> {};

// Against plain loops over the rounded numbers, a given by rows and given as its transpose.
TEST_P(PairsProductTest, EqualsLoops) {
  const auto [m, n, k] = GetParam();
  const std::vector<float> a = NormalArray(1, m * k), b = NormalArray(2, k * n);
  std::vector<uint32_t> rows(m * Pairs(k)), columns(rows.size()), right(Pairs(k) * n);
  PairColumns(a.data(), m, k, rows.data());
  TransposePairs(rows.data(), m, Pairs(k), columns.data());
  PairRows(b.data(), k, n, right.data());
  std::vector<double> expected(m * n), twice(m * n);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t s = 0; s < k; ++s) {
        expected[i * n + j] += double{NumberAt(rows.data() + i * Pairs(k), 1, s)} * NumberAt(right.data() + j, n, s);
      }
      twice[i * n + j] = 2 * expected[i * n + j];
    }
  }
  std::vector<float> out = UnwrittenArray(m * n);
  MultiplyPairs({m, n, Pairs(k), rows.data(), Pairs(k), 1, right.data(), out.data(), /*add=*/false});
  ExpectClose(out, expected, "by rows", 2e-6, std::sqrt(k));
  MultiplyPairs({m, n, Pairs(k), columns.data(), 1, m, right.data(), out.data(), /*add=*/true});
  ExpectClose(out, twice, "added, by columns", 2e-6, std::sqrt(k));
}

// Every number of vectors and of rows that a block has, whole and not.
INSTANTIATE_TEST_SUITE_P(Shapes, PairsProductTest,
                         ::testing::Values(std::tuple(1, 1, 1), std::tuple(9, 16, 7), std::tuple(11, 31, 48),
                                           std::tuple(17, 48, 64), std::tuple(25, 61, 5), std::tuple(6, 80, 12),
                                           std::tuple(13, 144, 48), std::tuple(3, 257, 33), std::tuple(0, 5, 3),
                                           std::tuple(5, 0, 3)));

}  // namespace
}  // namespace tally

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {
namespace {

SamplerOptions Vectors(const LengthRange& first, const LengthRange& second) {
  SamplerOptions options;
  options.format.task = &TaskNamed("bitwise_or");
  options.first = first;
  options.second = second;
  return options;
}

std::string Line(Sampler& sampler, uint64_t seed, uint64_t index) {
  std::string line;
  EXPECT_TRUE(sampler.Sample(seed, RandomStream::kTest, index, &line).ok());
  return line;
}

// The enumeration of the task's description, in its order.
TEST(BitwiseOrTest, NumbersProblemsInOrder) {
  for (const LengthRange& first : {LengthRange{1, 5}, LengthRange{3, 4}}) {
    for (const LengthRange& second : {LengthRange{1, 6}, LengthRange{2, 3}, LengthRange{5, 8}}) {
      Sampler sampler = *Sampler::Create(Vectors(first, second));
      int64_t index = 0;
      for (int a = first.min; a <= first.max; ++a) {
        for (int b = second.min; b <= second.max; ++b) {
          for (int t = 0; t < std::min(a, b); ++t, ++index) {
            std::string one(a, '0'), two(b, '0'), answer(std::max(a, b), '0');
            (a <= b ? one : two)[t] = answer[t] = '1';
            std::string line = Line(sampler, 1, index);
            if (a == b && line[t] == '0') std::swap(one, two);  // of equal lengths either
            ASSERT_EQ(line, absl::StrCat(one, "+", two, "=", answer));
          }
        }
      }
      EXPECT_EQ(sampler.population(), index);
    }
  }
}

TEST(BitwiseOrTest, ACoinDecidesBetweenEqualLengths) {
  Sampler sampler = *Sampler::Create(Vectors({3, 3}, {3, 3}));
  std::set<std::string> lines;
  for (uint64_t seed = 0; seed < 30; ++seed) lines.insert(Line(sampler, seed, 1));
  EXPECT_EQ(lines, (std::set<std::string>{"010+000=010", "000+010=010"}));
}

// The count of a large grid: the sum of min(a, b) over a <= m = 3000, b <= n = 5000 is m(m+1)/2 n - (m-1)m(m+1)/6.
TEST(BitwiseOrTest, CountsLargeGrids) {
  const int64_t m = 3000, n = 5000;
  EXPECT_EQ(Sampler::Create(Vectors({1, 3000}, {1, 5000}))->population(),
            m * (m + 1) / 2 * n - (m - 1) * m * (m + 1) / 6);
}

}  // namespace
}  // namespace tally

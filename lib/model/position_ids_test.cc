#include "lib/model/position_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

std::vector<int64_t> IdsOf(const char* text) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(Vocabulary::Arithmetic().Encode(text, &bytes).ok());
  bytes.push_back(kEndId);
  bytes.push_back(kPadId);
  return std::vector<int64_t>(bytes.begin(), bytes.end());
}

TEST(PositionIds, AbacusCountsWithinRunsOfDigits) {
  const std::vector<int64_t> ids = IdsOf("12+3 45=678");
  std::vector<int64_t> out(ids.size());
  AbacusIds(ids.data(), ids.size(), out.data());
  EXPECT_THAT(out, ElementsAre(1, 2, 0, 1, 0, 1, 2, 0, 1, 2, 3, 0, 0));
}

TEST(PositionIds, CoupledIdsMatchDigitsOfEqualWeight) {
  const std::vector<int64_t> ids = IdsOf("12+345=678");
  std::vector<int64_t> out(ids.size());
  CoupledIds(ids.data(), ids.size(), out.data());
  EXPECT_THAT(out, ElementsAre(2, 3, 1, 2, 3, 4, 1, 2, 3, 4, 0, 0));
}

}  // namespace
}  // namespace tally

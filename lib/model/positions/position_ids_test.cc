#include "lib/model/positions/position_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

std::vector<int64_t> IdsOf(const char* text, const char* vocabulary = "pad") {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(Vocabulary::ByName(vocabulary)->Encode(text, &bytes).ok());
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

TEST(PositionIds, NumberIdsCountTheNumbersOfALine) {
  const std::vector<int64_t> ids = IdsOf("12+345=678");
  std::vector<int64_t> out(ids.size());
  NumberIds(ids.data(), ids.size(), out.data());
  EXPECT_THAT(out, ElementsAre(0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0));
}

TEST(PositionIds, ScratchpadIdsAreWeightAndPartialResult) {
  const std::vector<int64_t> ids = IdsOf("12x34=560+780");
  std::vector<int64_t> weights(ids.size()), partials(ids.size());
  ScratchpadIds(ids.data(), ids.size(), weights.data(), partials.data());
  EXPECT_THAT(weights, ElementsAre(2, 3, 1, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 0, 0));
  EXPECT_THAT(partials, ElementsAre(0, 0, 0, 2, 3, 2, 2, 2, 2, 3, 3, 3, 3, 0, 0));
}

TEST(PositionIds, ScratchpadIdsOfASumGivePartialResultsTheirOperands) {
  const std::vector<int64_t> ids = IdsOf("12+9+07=12+03+001");
  std::vector<int64_t> weights(ids.size()), partials(ids.size());
  ScratchpadIds(ids.data(), ids.size(), weights.data(), partials.data());
  EXPECT_THAT(weights, ElementsAre(2, 3, 1, 2, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 0, 0));
  EXPECT_THAT(partials, ElementsAre(0, 0, 1, 1, 2, 2, 2, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 0, 0));
}

TEST(PositionIds, SegmentsAreFirstNumberOthersAndAnswer) {
  const std::vector<int64_t> ids = IdsOf("12x34=360+090");
  std::vector<int64_t> out(ids.size());
  SegmentIds(ids.data(), ids.size(), out.data());
  EXPECT_THAT(out, ElementsAre(0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2));
}

TEST(PositionIds, OperandDigitsIgnoreTheAnswer) {
  for (const char* text : {"12+345=", "12+345=67", "12+345=678901", "12+345=12+0012"}) {
    const std::vector<int64_t> ids = IdsOf(text);
    EXPECT_EQ(OperandDigits(ids.data(), ids.size()), std::vector<int64_t>({2, 3})) << text;
  }
  EXPECT_TRUE(OperandDigits(nullptr, 0).empty());
}

// A token's ids do not change when others follow: decoding with a cache rests on it.
TEST(PositionIds, RulesAreCausal) {
  const std::vector<int64_t> all = IdsOf("12x34=560+780");
  const int64_t length = all.size();
  std::vector<int64_t> whole(length), part(length), second(length), part_second(length);
  for (int64_t cut = 1; cut < length; ++cut) {
    for (void (*rule)(const int64_t*, int64_t, int64_t*) : {&AbacusIds, &CoupledIds, &NumberIds}) {
      rule(all.data(), length, whole.data());
      rule(all.data(), cut, part.data());
      EXPECT_TRUE(std::equal(part.begin(), part.begin() + cut, whole.begin())) << cut;
    }
    ScratchpadIds(all.data(), length, whole.data(), second.data());
    ScratchpadIds(all.data(), cut, part.data(), part_second.data());
    EXPECT_TRUE(std::equal(part.begin(), part.begin() + cut, whole.begin())) << cut;
    EXPECT_TRUE(std::equal(part_second.begin(), part_second.begin() + cut, second.begin())) << cut;
  }
}

}  // namespace
}  // namespace tally

#include "lib/model/positions/labelled_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lib/model/positions/position_ids.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

using Rule = void (*)(const int64_t*, int64_t, int64_t*, int64_t*);
using Pairs = std::vector<std::pair<int64_t, int64_t>>;

// (weight, place) of each token of `text`, its end, and a token that fills the line.
Pairs IdsOf(Rule rule, const char* text, const char* vocabulary = "sort") {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(Vocabulary::ByName(vocabulary)->Encode(text, &bytes).ok());
  bytes.push_back(kEndId);
  bytes.push_back(kPadId);
  const std::vector<int64_t> ids(bytes.begin(), bytes.end());
  std::vector<int64_t> weights(ids.size()), places(ids.size());
  rule(ids.data(), static_cast<int64_t>(ids.size()), weights.data(), places.data());
  Pairs pairs;
  for (size_t i = 0; i < ids.size(); ++i) pairs.emplace_back(weights[i], places[i]);
  return pairs;
}

TEST(LabelledIdsTest, AreWeightAndPlace) {
  for (const char* vocabulary : {"sort", "all"}) {  // the second label is a comma
    EXPECT_THAT(IdsOf(LabelledIds, "A:14,,:7=,,A", vocabulary),
                ElementsAre(Pair(1, 0), Pair(0, 0), Pair(2, 0), Pair(3, 0), Pair(0, 0), Pair(1, 1), Pair(0, 1),
                            Pair(2, 1), Pair(1, 4), Pair(0, 5), Pair(1, 5), Pair(0, 6), Pair(0, 0), Pair(0, 0)))
        << vocabulary;
  }
}

TEST(InsertionRowIdsTest, NameWhatTellsTheNextToken) {
  const Pairs question = {{2, 0}, {0, 0}, {4, 0}, {6, 0}, {0, 0},  // A:14,
                          {2, 1}, {0, 1}, {4, 1}, {2, 2}};         // B:7=
  const Pairs first = {{3, 0}, {3, 3}, {3, 0}, {2, 3}, {4, 3}};    // /A<A;
  const Pairs second = {{3, 1}, {3, 4}, {2, 4}, {7, 1}, {7, 0},    // /BA:0
                        {3, 1}, {2, 4}, {4, 4}, {6, 4}};           // <BA;
  const Pairs result = {{3, 2}, {3, 5}, {5, 5}, {5, 5}, {7, 5}};   // /=B,A
  Pairs whole;
  for (const Pairs& part : {question, first, second, result, Pairs{{0, 0}, {0, 0}}}) {
    whole.insert(whole.end(), part.begin(), part.end());
  }
  for (const char* vocabulary : {"sort", "all"}) {
    EXPECT_EQ(IdsOf(InsertionRowIds, "A:14,B:7=/A<A;/BA:0<BA;/=B,A", vocabulary), whole) << vocabulary;
  }
}

// Digits are compared from the highest; after the lowest the next label follows, and after the last one `<`.
TEST(InsertionRowIdsTest, GoDownWhileDigitsAreEqual) {
  const Pairs ids = IdsOf(InsertionRowIds, "a:12,b:12=/a<a;/ba:2=1=<ab;/=a,b");
  const Pairs second_row(ids.begin() + 15, ids.begin() + 24);
  EXPECT_THAT(second_row, ElementsAre(Pair(3, 1), Pair(3, 4), Pair(2, 4), Pair(7, 1), Pair(7, 0), Pair(5, 1),
                                      Pair(5, 0), Pair(5, 4), Pair(3, 1)));
}

TEST(LabelledScratchpadIdsTest, AreThoseOfTheLinesTask) {
  for (const char* line : {"12+345=", "12x34=560+780", "12+9+07=12+03+001", "1-2="}) {
    EXPECT_EQ(IdsOf(LabelledScratchpadIds, line, "all"), IdsOf(ScratchpadIds, line, "all")) << line;
  }
  const char* const labelled = "A:14,B:7=/A<A;/BA:0<BA;/=B,A";
  for (const char* vocabulary : {"sort", "all"}) {
    EXPECT_EQ(IdsOf(LabelledScratchpadIds, labelled, vocabulary), IdsOf(InsertionRowIds, labelled, vocabulary));
  }
}

// A token's ids do not change when others follow: decoding with a cache rests on it.
TEST(InsertionRowIdsTest, AreCausal) {
  const std::string line = "A:14,B:7,C:07=/A<A;/BA:0<BA;/CB:7>A:7><C;/=B,A,C";
  for (const Rule rule : {LabelledIds, InsertionRowIds, LabelledScratchpadIds}) {
    const Pairs whole = IdsOf(rule, line.c_str());
    for (size_t cut = 1; cut < line.size(); ++cut) {
      const Pairs part = IdsOf(rule, line.substr(0, cut).c_str());
      EXPECT_TRUE(std::equal(part.begin(), part.begin() + static_cast<int64_t>(cut), whole.begin())) << cut;
    }
  }
}

}  // namespace
}  // namespace tally

#include "lib/tokenizer/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Fixture(absl::string_view name) {
  const auto text = ReadFile(absl::StrCat("tests/data/", name));
  EXPECT_TRUE(text.ok()) << text.status();
  return text.ok() ? *text : "";
}

TEST(VocabularyTest, IdsAreTheReferences) {
  for (const char* name : {"pad", "index", "sort"}) {
    const nlohmann::json recorded = nlohmann::json::parse(Fixture("vocab.json"))[name]["vocab"];
    const Vocabulary vocabulary = *Vocabulary::ByName(name);
    ASSERT_EQ(vocabulary.size(), recorded.size()) << name;
    for (int id = 0; id < vocabulary.size(); ++id) {
      const std::string token(vocabulary.TokenText(id));
      EXPECT_EQ(recorded.value(token, -1), id) << name;
      std::vector<uint8_t> ids;
      if (id < kFirstDigitId) continue;
      ASSERT_TRUE(vocabulary.Encode(token, &ids).ok()) << token;
      EXPECT_THAT(ids, ElementsAre(token == " " ? kPadId : id)) << name << ": " << token;
    }
    EXPECT_EQ(vocabulary.equals_id(), 17);
    EXPECT_EQ(Vocabulary::BySize(vocabulary.size())->name(), name);
    EXPECT_EQ(Vocabulary::FromJson(vocabulary.ToJson(), "test")->name(), name);
  }
  EXPECT_EQ(ExitCodeOf(Vocabulary::BySize(20).status()), kExitUsage);
}

TEST(VocabularyTest, TheSmallestCoversSeveral) {
  const auto covering = [](const std::vector<std::string>& names) {
    std::vector<Vocabulary> others;
    for (const std::string& name : names) others.push_back(*Vocabulary::ByName(name));
    return Vocabulary::Covering(others)->name();
  };
  EXPECT_EQ(covering({"pad"}), "pad");
  EXPECT_EQ(covering({"tasks", "pad"}), "tasks");
  EXPECT_EQ(covering({"pad", "index"}), "index");
  EXPECT_EQ(covering({"pad", "sort"}), "index");  // hints have the characters of labels
  EXPECT_EQ(covering({"tasks", "sort"}), "all");
  EXPECT_EQ(covering({"pad", "index", "sort", "tasks"}), "all");
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[BOS]", "[EOS]"};
  for (const char character : std::string("0123456789=`")) tokens.emplace_back(1, character);
  const std::string json = nlohmann::json({{"type", "custom"}, {"tokens", tokens}}).dump();
  const absl::Status none = Vocabulary::Covering({*Vocabulary::FromJson(json, "test")}).status();
  EXPECT_EQ(ExitCodeOf(none), kExitUsage);
  EXPECT_THAT(std::string(none.message()), HasSubstr("no known vocabulary has the tokens of custom"));
}

TEST(VocabularyTest, AllBeginsAsTasksDoes) {
  const Vocabulary tasks = *Vocabulary::ByName("tasks"), all = *Vocabulary::ByName("all");
  for (int id = 0; id < tasks.size(); ++id) EXPECT_EQ(all.TokenText(id), tasks.TokenText(id));
  EXPECT_EQ(Vocabulary::BySize(all.size())->name(), "all");
  EXPECT_EQ(Vocabulary::FromJson(all.ToJson(), "test")->name(), "all");
}

// What a model of one vocabulary has learned about digits and operators holds in the other.
TEST(VocabularyTest, TasksBeginsAsPadDoes) {
  const Vocabulary pad = *Vocabulary::ByName("pad"), tasks = *Vocabulary::ByName("tasks");
  for (int id = 0; id < pad.size(); ++id) EXPECT_EQ(tasks.TokenText(id), pad.TokenText(id));
  EXPECT_EQ(tasks.equals_id(), pad.equals_id());
  std::vector<uint8_t> ids;
  ASSERT_TRUE(tasks.Encode("#@~%&^", &ids).ok());
  EXPECT_THAT(ids, ElementsAre(19, 20, 21, 22, 23, 24));
  EXPECT_EQ(Vocabulary::BySize(tasks.size())->name(), "tasks");
  EXPECT_EQ(Vocabulary::FromJson(tasks.ToJson(), "test")->name(), "tasks");
}

TEST(VocabularyTest, CharactersOfSeveralBytes) {
  const Vocabulary index = *Vocabulary::ByName("index");
  std::vector<uint8_t> ids;
  ASSERT_TRUE(index.Encode("A1ω2£", &ids).ok());
  EXPECT_THAT(ids, ElementsAre(19, 5, 120, 6, 72));
  EXPECT_EQ(index.Decode(ids), "A1ω2£");
  EXPECT_THAT(std::string(index.Encode("1é", &ids).message()), HasSubstr("byte 2: found '\\xc3\\xa9'"));
  EXPECT_THAT(std::string(index.Encode("1\xcf", &ids).message()), HasSubstr("byte 2: found '\\xcf'"));
}

// One test for each recorded data set whose vocabulary is "pad".
class RecordedIdsTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedIdsTest, EncodeAgreesWithTheReference) {
  const std::vector<std::string> lines =
      absl::StrSplit(Fixture(absl::StrCat(GetParam(), ".txt")), '\n', absl::SkipEmpty());
  const auto recorded =
      nlohmann::json::parse(Fixture(absl::StrCat(GetParam(), ".ids.json"))).get<std::vector<std::vector<uint8_t>>>();
  ASSERT_EQ(lines.size(), recorded.size());
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<uint8_t> ids;
    ASSERT_TRUE(vocabulary.Encode(lines[i], &ids).ok()) << lines[i];
    ids.push_back(kEndId);
    ids.resize(recorded[i].size(), kPadId);
    EXPECT_EQ(ids, recorded[i]) << lines[i];
    EXPECT_EQ(vocabulary.Decode(ids), absl::StrReplaceAll(lines[i], {{" ", ""}}));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Addition, RecordedIdsTest,
    ::testing::Values("add_bucket", "add_bucket_20_20_reverse_all", "add_bucket_no_carry",
                      "add_bucket_no_carry_reverse_all", "add_bucket_p05", "add_bucket_reverse_all",
                      "add_bucket_reverse_all_and_answer", "add_bucket_reverse_all_keep_0",
                      "add_bucket_reverse_all_p01", "add_bucket_reverse_answer", "add_plain",
                      "add_plain_exact_100_100_reverse_all", "add_plain_exact_20_20_reverse_all",
                      "add_plain_exact_reverse_all", "add_plain_interleave", "add_plain_interleave_p02",
                      "add_plain_interleave_unequal_reverse_all", "add_plain_keep_places",
                      "add_plain_keep_places_reverse_all", "add_plain_no_carry", "add_plain_p03_reverse_all",
                      "add_plain_prepend_zeros_2", "add_plain_prepend_zeros_3_reverse_all", "add_plain_reverse_answer"),
    [](const auto& info) { return std::string(info.param); });

TEST(VocabularyTest, EncodeAppends) {
  std::vector<uint8_t> ids = {kBeginId};
  ASSERT_TRUE(Vocabulary::Arithmetic().Encode("1+-x= 9", &ids).ok());
  EXPECT_THAT(ids, ElementsAre(2, 5, 14, 15, 16, 17, 0, 13));
}

TEST(VocabularyTest, EncodeNamesTheFirstByteThatIsNoToken) {
  std::vector<uint8_t> ids = {kBeginId};
  const absl::Status status = Vocabulary::Arithmetic().Encode("12*3", &ids);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("byte 3: found '*', expected one of \"0123456789+-x= \""));
  EXPECT_THAT(ids, ElementsAre(kBeginId));
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const bool known = std::string("0123456789+-x= ").find(text) != std::string::npos;
    EXPECT_EQ(Vocabulary::Arithmetic().Encode(text, &ids).ok(), known) << byte;
  }
}

TEST(VocabularyTest, DecodeLeavesSpecialsOutButShowsTheUnknown) {
  const int64_t ids[] = {kBeginId, 5, kPadId, 14, kUnknownId, kEndId, 99, -1, 18};
  EXPECT_EQ(Vocabulary::Arithmetic().Decode(ids, std::size(ids)), "1+[UNK]?? ");
}

TEST(VocabularyTest, TokenText) {
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  EXPECT_EQ(vocabulary.TokenText(kEndId), "[EOS]");
  EXPECT_EQ(vocabulary.TokenText(kLastDigitId), "9");
  EXPECT_EQ(vocabulary.TokenText(19), "?");
  EXPECT_EQ(vocabulary.TokenText(-1), "?");
}

TEST(VocabularyTest, IsDigitId) {
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  for (int id = -1; id <= vocabulary.size(); ++id) {
    const absl::string_view text = vocabulary.TokenText(id);
    EXPECT_EQ(IsDigitId(id), text.size() == 1 && text[0] >= '0' && text[0] <= '9') << id;
  }
}

TEST(VocabularyTest, ByName) {
  const auto pad = Vocabulary::ByName("pad");
  ASSERT_TRUE(pad.ok());
  EXPECT_EQ(pad->name(), "pad");
  const absl::Status status = Vocabulary::ByName("pat").status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("unknown vocabulary \"pat\", expected pad, index, sort, tasks, all; did you mean pad?"));
}

TEST(VocabularyTest, JsonRoundTrip) {
  const std::string json = Vocabulary::Arithmetic().ToJson();
  EXPECT_EQ(
      json,
      R"({"type":"pad","tokens":["[PAD]","[UNK]","[BOS]","[EOS]","0","1","2","3","4","5","6","7","8","9","+","-",)"
      R"("x","="," "]})");
  const auto read = Vocabulary::FromJson(json, "f");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->ToJson(), json);
}

TEST(VocabularyTest, FromJsonRefusesWhatIsNoKnownVocabulary) {
  const std::string good = Vocabulary::Arithmetic().ToJson();
  const auto refusal = [](const std::string& json) {
    const absl::Status status = Vocabulary::FromJson(json, "dir/tokenizer.json").status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << json;
    EXPECT_THAT(std::string(status.message()), HasSubstr("dir/tokenizer.json: found "));
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(""), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal("{\"type\":\"pad\"}"), HasSubstr("no JSON object with type and tokens"));
  EXPECT_THAT(refusal("{\"type\":1,\"tokens\":[]}"), HasSubstr("a type that is no text"));
  EXPECT_THAT(refusal("{\"type\":\"hex\",\"tokens\":[]}"), HasSubstr("unknown vocabulary \"hex\""));
  EXPECT_THAT(refusal("{\"type\":\"pad\",\"tokens\":[]}"), HasSubstr("tokens of another number"));
  EXPECT_THAT(refusal(absl::StrReplaceAll(good, {{"\"7\"", "\"8\""}})), HasSubstr("another token for id 11"));
  EXPECT_THAT(refusal(absl::StrReplaceAll(good, {{"\"7\"", "7"}})), HasSubstr("another token for id 11"));
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(Vocabulary::FromJson(good.substr(0, size), "f").ok());
}

TEST(VocabularyTest, ACustomOneKeepsSpecialsAndDigits) {
  const auto json = [](const std::string& rest) {
    return absl::StrCat(
        R"({"type":"custom","tokens":["[PAD]","[UNK]","[BOS]","[EOS]","0","1","2","3","4","5","6","7",)", R"("8","9")",
        rest, "]}");
  };
  const absl::StatusOr<Vocabulary> custom = Vocabulary::FromJson(json(R"(,"€","=")"), "v");
  ASSERT_TRUE(custom.ok()) << custom.status();
  EXPECT_EQ(custom->name(), "custom");
  EXPECT_EQ(custom->equals_id(), 15);
  std::vector<uint8_t> ids;
  ASSERT_TRUE(custom->Encode("7€=", &ids).ok());
  EXPECT_THAT(ids, ::testing::ElementsAre(11, 14, 15));
  EXPECT_EQ(Vocabulary::FromJson(custom->ToJson(), "v")->ToJson(), custom->ToJson());
  const auto refusal = [&](const std::string& rest) {
    return std::string(Vocabulary::FromJson(json(rest), "v").status().message());
  };
  EXPECT_THAT(refusal(""), HasSubstr("15 to 256 tokens"));
  EXPECT_THAT(refusal(R"(,"+")"), HasSubstr("no \"=\""));
  EXPECT_THAT(refusal(R"(,"=","=")"), HasSubstr("found \"=\" for id 15, expected every token once"));
  EXPECT_THAT(refusal(R"(,"==","=")"), HasSubstr("expected one character"));
  EXPECT_THAT(refusal(R"(,5,"=")"), HasSubstr("for id 14"));
  EXPECT_THAT(std::string(Vocabulary::FromJson(R"({"type":"custom","tokens":["a","b","c","d","e","f","g","h","i","j",)"
                                               R"("k","l","m","n","="]})",
                                               "v")
                              .status()
                              .message()),
              HasSubstr("found \"a\" for id 0, expected [PAD]"));
}

}  // namespace
}  // namespace tally

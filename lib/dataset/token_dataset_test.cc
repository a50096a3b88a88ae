#include "lib/dataset/token_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/checksums.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_dataset_writer.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TempPath(absl::string_view name) { return absl::StrCat(::testing::TempDir(), "/", name); }

// The bytes of an array of numbers.
template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

// The contents of a small data set, to be spoilt by a test: "1+2=3" and "9+3=21".
struct Contents {
  std::vector<uint8_t> tokens = {5, 14, 6, 17, 7, 3, 13, 14, 7, 17, 6, 5, 3};
  std::vector<uint64_t> offsets = {0, 6, 13};
  std::vector<uint32_t> answer_start = {4, 4};
  std::map<std::string, std::string> metadata = {{"format", kTokenDatasetFormat},
                                                 {"task", "addition"},
                                                 {"layout", "spaces"},
                                                 {"digit_order", "all"},
                                                 {"vocabulary", Vocabulary::Arithmetic().ToJson()},
                                                 {"count", "2"},
                                                 {"first_operand", "1..1"},
                                                 {"second_operand", "1..1"}};
  std::map<std::string, DType> dtypes = {
      {"tokens", DType::kU8}, {"offsets", DType::kU64}, {"answer_start", DType::kU32}};

  // Writes them, with the right hash unless the metadata have one, and opens the file.
  absl::StatusOr<std::unique_ptr<TokenDataset>> Open() const {
    const std::map<std::string, std::string> bytes = {
        {"tokens", Bytes(tokens)}, {"offsets", Bytes(offsets)}, {"answer_start", Bytes(answer_start)}};
    std::map<std::string, TensorView> tensors;
    for (const auto& [name, dtype] : dtypes) {
      const std::string& data = bytes.at(name);
      tensors[name] = {dtype, {static_cast<int64_t>(data.size()) / SizeOf(dtype)}, data};
    }
    ContentHash hash;
    for (const char* name : {"tokens", "offsets", "answer_start"}) hash.Add(bytes.at(name));
    std::map<std::string, std::string> all_metadata = metadata;
    all_metadata.insert({"xxh3", hash.Hex()});
    const std::string path = TempPath("spoilt.safetensors");
    EXPECT_TRUE(WriteSafetensors(path, tensors, all_metadata).ok());
    return TokenDataset::Open(path);
  }

  // The message of the BadInput with which they are refused.
  std::string Refusal() const {
    const absl::Status status = Open().status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("spoilt.safetensors: "));
    return std::string(status.message());
  }
};

TEST(TokenDatasetTest, ReadsExamplesAndMetadata) {
  const auto dataset = Contents().Open();
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->examples(), 2);
  EXPECT_EQ((*dataset)->tokens(), 13);
  EXPECT_EQ((*dataset)->tasks()[0].format.task->name(), "addition");
  EXPECT_EQ((*dataset)->tasks()[0].format.order, DigitOrder::kAllReversed);
  EXPECT_EQ(LayoutText((*dataset)->tasks()[0].format), "spaces");
  EXPECT_EQ((*dataset)->vocabulary().name(), "pad");
  EXPECT_EQ((*dataset)->ExampleLength(0), 6);
  EXPECT_EQ((*dataset)->ExampleLength(1), 7);
  EXPECT_THAT((*dataset)->Example(1), ElementsAre(13, 14, 7, 17, 6, 5, 3));
  EXPECT_EQ((*dataset)->AnswerStart(1), 4);
}

TEST(TokenDatasetTest, RangesOfOperandsComeFromTheMetadata) {
  Contents contents;
  contents.metadata["first_operand"] = "2..17";
  contents.metadata["second_operand"] = "3..3";
  const auto dataset = contents.Open();
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->tasks()[0].first_operand.min, 2);
  EXPECT_EQ((*dataset)->tasks()[0].first_operand.max, 17);
  EXPECT_EQ((*dataset)->tasks()[0].second_operand.min, 3);
  EXPECT_EQ((*dataset)->tasks()[0].second_operand.max, 3);
}

TEST(TokenDatasetTest, MissingMetadataIsNamed) {
  const std::map<std::string, std::string> all = Contents().metadata;
  for (const auto& [key, value] : all) {
    Contents contents;
    contents.metadata.erase(key);
    EXPECT_THAT(contents.Refusal(), HasSubstr(absl::StrCat("found no metadata \"", key, "\", expected")));
  }
}

TEST(TokenDatasetTest, BadMetadataIsNamed) {
  const auto refusal = [](const std::string& key, const std::string& value) {
    Contents contents;
    contents.metadata[key] = value;
    return contents.Refusal();
  };
  EXPECT_THAT(refusal("format", "tally.token_dataset.2"), HasSubstr("expected tally.token_dataset.1"));
  EXPECT_THAT(refusal("digit_order", "some"), HasSubstr("unknown digit order \"some\""));
  EXPECT_THAT(refusal("task", "tetris"), HasSubstr("unknown task \"tetris\""));
  EXPECT_THAT(refusal("layout", "spiral"), HasSubstr("found \"spiral\", expected interleave"));
  EXPECT_THAT(refusal("vocabulary", "{}"), HasSubstr("metadata vocabulary: found no JSON object"));
  EXPECT_THAT(refusal("count", "3"), HasSubstr("found count \"3\", expected 2"));
  for (const char* range : {"", "1", "1..", "..1", "0..1", "2..1", "1..2..3", "1-2", "a..b"}) {
    EXPECT_THAT(refusal("first_operand", range), HasSubstr(absl::StrCat("first_operand \"", range, "\", expected")));
    EXPECT_THAT(refusal("second_operand", range), HasSubstr("expected a range such as 1..20"));
  }
}

TEST(TokenDatasetTest, MissingTensorsAreNamed) {
  for (const char* name : {"tokens", "offsets", "answer_start"}) {
    Contents contents;
    contents.dtypes.erase(name);
    EXPECT_THAT(contents.Refusal(), HasSubstr(absl::StrCat("found no tensor \"", name, "\"")));
  }
}

TEST(TokenDatasetTest, TensorsOfAnotherDTypeAreRefused) {
  Contents contents;
  contents.dtypes["answer_start"] = DType::kI32;
  EXPECT_THAT(contents.Refusal(), HasSubstr("\"answer_start\": found dtype I32, expected U32"));
}

TEST(TokenDatasetTest, NumbersOfExamplesMustAgree) {
  Contents contents;
  contents.offsets.pop_back();
  EXPECT_THAT(contents.Refusal(), HasSubstr("found 2 offsets and 2 answer starts, expected"));
  contents.answer_start.clear();
  contents.offsets = {0};
  EXPECT_THAT(contents.Refusal(), HasSubstr("found 1 offsets and 0 answer starts, expected at least one example"));
}

TEST(TokenDatasetTest, DamageIsNoticedByTheHash) {
  Contents contents;
  contents.metadata["xxh3"] = "0123456789abcdef";
  EXPECT_THAT(contents.Refusal(), HasSubstr("expected \"0123456789abcdef\", so the file is damaged"));
}

// The refusal of the small data set with other offsets or answer starts.
std::string ExampleRefusal(std::vector<uint64_t> offsets, std::vector<uint32_t> answer_start) {
  Contents contents;
  contents.metadata["count"] = absl::StrCat(answer_start.size());
  contents.offsets = std::move(offsets);
  contents.answer_start = std::move(answer_start);
  return contents.Refusal();
}

TEST(TokenDatasetTest, OffsetsMustRiseFromZeroToTheNumberOfTokens) {
  EXPECT_THAT(ExampleRefusal({1, 6, 13}, {4, 4}), HasSubstr("found in example 0 (from 0) offset 1, expected 0"));
  EXPECT_THAT(ExampleRefusal({0, 0, 13}, {4, 4}), HasSubstr("found in example 0 (from 0) offsets 0..0"));
  EXPECT_THAT(ExampleRefusal({0, 6, 5}, {4, 4}), HasSubstr("found in example 1 (from 0) offsets 6..5"));
  EXPECT_THAT(ExampleRefusal({0, 6, 14}, {4, 4}), HasSubstr("offsets 6..14, expected them to rise, up to 13 at most"));
  EXPECT_THAT(ExampleRefusal({0, UINT64_MAX, 13}, {4, 4}), HasSubstr("offsets 0..18446744073709551615"));
  EXPECT_THAT(ExampleRefusal({0, 6}, {4}), HasSubstr("found in example 0 (from 0) the end 6, expected 13"));
}

TEST(TokenDatasetTest, AnswersMustStandBetweenEqualsAndEos) {
  for (const uint32_t start : {0u, 1u, 3u, 5u, 6u, 7u, UINT32_MAX}) {
    EXPECT_THAT(ExampleRefusal({0, 6, 13}, {4, start}),
                HasSubstr(absl::StrCat("example 1 (from 0) answer start ", start)));
  }
  Contents contents;
  contents.tokens[5] = 5;  // example 0 without EOS
  EXPECT_THAT(contents.Refusal(), HasSubstr("example 0 (from 0) answer start 4, expected an answer between = and EOS"));
}

TEST(TokenDatasetTest, IdsMustBeInTheVocabulary) {
  Contents contents;
  contents.tokens[10] = 19;
  EXPECT_THAT(contents.Refusal(), HasSubstr("found id 19, expected at most 18"));
}

TEST(TokenDatasetTest, EveryTruncationAndChangedByteIsRefusedOrHarmless) {
  const std::string path = TempPath("whole.safetensors");
  auto writer = TokenDatasetWriter::Open(path, DataFormat());
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Add({{1, 1}, {5, 14, 6, 17, 7}, 4}).ok());
  ASSERT_TRUE((*writer)->Commit().ok());
  const std::string good = *ReadFile(path);
  const auto opens = [&](const std::string& bytes) {
    EXPECT_TRUE(WriteFile(path, bytes).ok());
    return TokenDataset::Open(path).ok();
  };
  ASSERT_TRUE(opens(good));
  for (size_t size = 0; size < good.size(); size += size < 4090 ? 13 : 1) EXPECT_FALSE(opens(good.substr(0, size)));
  for (size_t i = 0; i < good.size(); ++i) {
    if (good[i] == ' ') continue;  // the header's padding
    std::string changed = good;
    changed[i] ^= 1;
    // In the header, only the name of the task and the operands' lengths can change into others that are as good.
    EXPECT_TRUE(!opens(changed) || i < 4096) << i;
  }
}

}  // namespace
}  // namespace tally

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A file of `header` and `data`, with the size of the header in front.
std::string File(absl::string_view header, absl::string_view data = "") {
  std::string size(8, '\0');
  for (int i = 0; i < 8; ++i) size[i] = static_cast<char>(header.size() >> (8 * i));
  return absl::StrCat(size, header, data);
}

// The message of the BadInput with which `file` is refused.
std::string Refusal(absl::string_view file) {
  const absl::Status status = ReadSafetensorsContents(file, "f").status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
  return std::string(status.message());
}

constexpr char kGood[] =
    R"({"__metadata__":{"k":"v"},"a":{"dtype":"U8","shape":[2,3],"data_offsets":[4,10]},)"
    R"("b":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"c":{"shape":[0],"dtype":"I64","data_offsets":[4,4]}}  )";

TEST(HeaderReaderTest, ReadsTensorsAndMetadata) {
  const std::string file = File(kGood, "0123456789");
  const absl::StatusOr<SafetensorsContents> contents = ReadSafetensorsContents(file, "f");
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_THAT(contents->metadata, ElementsAre(std::make_pair("k", "v")));
  ASSERT_EQ(contents->tensors.size(), 3);
  EXPECT_EQ(contents->tensors.at("a").bytes, "456789");
  EXPECT_THAT(contents->tensors.at("a").shape, ElementsAre(2, 3));
  EXPECT_EQ(contents->tensors.at("b").bytes, "0123");
  EXPECT_EQ(contents->tensors.at("b").dtype, DType::kF32);
  EXPECT_THAT(contents->tensors.at("b").shape, IsEmpty());
  EXPECT_EQ(contents->tensors.at("c").bytes, "");
}

TEST(HeaderReaderTest, NoTensorsAtAll) { EXPECT_TRUE(ReadSafetensorsContents(File("{}"), "f").ok()); }

TEST(HeaderReaderTest, RefusesBadSizes) {
  EXPECT_THAT(Refusal(""), HasSubstr("f: byte 0: found the end of the file, expected a header size"));
  EXPECT_THAT(Refusal("1234567"), HasSubstr("f: byte 7: found the end"));
  EXPECT_THAT(Refusal(std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10)),
              HasSubstr("100000001 bytes, expected a safetensors file, whose header has at most 100000000"));
  EXPECT_THAT(Refusal(std::string(8, '\xff')), HasSubstr("found a header of 18446744073709551615 bytes"));
  EXPECT_THAT(Refusal(File("{}").substr(0, 9)), HasSubstr("found a header of 2 bytes, expected at most the 1"));
  EXPECT_THAT(Refusal(File("")), HasSubstr("byte 8: found \"\", expected {"));
  EXPECT_THAT(Refusal(File(" {}")), HasSubstr("byte 8: found \" \", expected {"));
}

TEST(HeaderReaderTest, RefusesTextThatIsNoJson) {
  EXPECT_THAT(Refusal(File("{\"a\"")), HasSubstr("expected JSON in UTF-8"));
  EXPECT_THAT(Refusal(File("{}x")), HasSubstr("byte 11: found \"{}x\", expected JSON"));
  EXPECT_THAT(Refusal(File("{\"\xff\":1}")), HasSubstr("expected JSON in UTF-8"));
  EXPECT_THAT(Refusal(File(std::string("{}\0", 3))), HasSubstr("byte 10: found \"\\x00\", expected JSON in UTF-8"));
}

TEST(HeaderReaderTest, RefusesDuplicateAndUnknownKeys) {
  const std::string tensor = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_THAT(Refusal(File(absl::StrCat("{\"a\":", tensor, ",\"a\":", tensor, "}"))),
              HasSubstr("found key \"a\" twice"));
  EXPECT_THAT(Refusal(File(R"({"__metadata__":{"k":"1","k":"2"}})")), HasSubstr("byte 36: found key \"k\" twice"));
  EXPECT_THAT(Refusal(File(R"({"__metadata__":{},"__metadata__":{}})")), HasSubstr("found key \"__metadata__\" twice"));
  EXPECT_THAT(Refusal(File(R"({"a":{"dtype":"U8","dtype":"U8"}})")),
              HasSubstr("tensor \"a\": found key \"dtype\" twice"));
  EXPECT_THAT(Refusal(File(R"({"a":{"stride":[1]}})")), HasSubstr("found key \"stride\", expected dtype, shape"));
}

TEST(HeaderReaderTest, RefusesMetadataThatIsNotText) {
  for (const char* value : {"1", "null", "true", "-1", "1.5", "[]", "{}"}) {
    EXPECT_THAT(Refusal(File(absl::StrCat(R"({"__metadata__":{"k":)", value, "}}"))),
                HasSubstr("expected text for each key"));
  }
  EXPECT_THAT(Refusal(File(R"({"__metadata__":"x"})")), HasSubstr("found \"x\", expected an object"));
}

// The refusal of a file with one tensor, whose object holds `fields`, and 4 bytes of data.
std::string TensorRefusal(absl::string_view fields) {
  return Refusal(File(absl::StrCat("{\"a\":{", fields, "}}"), "data"));
}

TEST(HeaderReaderTest, RefusesBadTensors) {
  EXPECT_THAT(TensorRefusal(""), HasSubstr("tensor \"a\": found not all of dtype, shape and data_offsets"));
  EXPECT_THAT(TensorRefusal(R"("dtype":"F8")"), HasSubstr("tensor \"a\": found dtype \"F8\", expected one of BOOL"));
  EXPECT_THAT(TensorRefusal(R"("dtype":[])"), HasSubstr("found an array"));
  EXPECT_THAT(TensorRefusal(R"("dtype":7)"), HasSubstr("found 7, expected text for dtype"));
  EXPECT_THAT(TensorRefusal(R"("shape":[-1])"), HasSubstr("found -1, expected sizes from 0 on"));
  EXPECT_THAT(TensorRefusal(R"("shape":[1.0])"), HasSubstr("found 1.0, expected sizes from 0 on"));
  EXPECT_THAT(TensorRefusal(R"("shape":["x"])"), HasSubstr("found \"x\", expected sizes"));
  EXPECT_THAT(TensorRefusal(R"("shape":[[)"), HasSubstr("found an array, expected sizes"));
  EXPECT_THAT(TensorRefusal(R"("shape":[9223372036854775808])"), HasSubstr("found 9223372036854775808, expected less"));
  EXPECT_THAT(TensorRefusal(R"("data_offsets":[0])"), HasSubstr("found 1 data_offsets, expected 2"));
  EXPECT_THAT(TensorRefusal(R"("data_offsets":[0,1,2])"), HasSubstr("found 3 data_offsets, expected 2"));
}

TEST(HeaderReaderTest, RefusesShapesThatDoNotFitTheirBytes) {
  const auto refusal = [](absl::string_view shape) {
    return TensorRefusal(absl::StrCat(R"("dtype":"F32","data_offsets":[0,4],"shape":)", shape));
  };
  EXPECT_THAT(refusal("[2]"), HasSubstr("found 4 bytes between its offsets, expected 8 for its shape"));
  EXPECT_THAT(refusal("[0]"), HasSubstr("expected 0 for its shape"));
  EXPECT_THAT(refusal("[4611686018427387905]"), HasSubstr("size overflows"));  // 2^62 + 1: 4 bytes modulo 2^64
  EXPECT_THAT(refusal("[4294967296,4294967296]"), HasSubstr("size overflows"));
}

TEST(HeaderReaderTest, RefusesOffsetsOutOfOrderOrRange) {
  const auto refusal = [](absl::string_view offsets) {
    return TensorRefusal(absl::StrCat(R"("dtype":"U8","shape":[4],"data_offsets":)", offsets));
  };
  EXPECT_THAT(refusal("[4,0]"), HasSubstr("found data_offsets 4..0, expected a part of 0..4"));
  EXPECT_THAT(refusal("[1,5]"), HasSubstr("found data_offsets 1..5, expected a part of 0..4"));
}

// A file of two U8 tensors, two bytes each, with the given begin of the second, and `data`.
std::string TwoTensors(int second_begin, absl::string_view data) {
  return File(
      absl::StrCat(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)",
                   R"("b":{"dtype":"U8","shape":[2],"data_offsets":[)", second_begin, ",", second_begin + 2, "]}}"),
      data);
}

TEST(HeaderReaderTest, RefusesOverlapsHolesAndTails) {
  EXPECT_TRUE(ReadSafetensorsContents(TwoTensors(2, "data"), "f").ok());
  EXPECT_THAT(Refusal(TwoTensors(1, "dat")), HasSubstr("found tensor \"b\" at offset 1, expected 2 (overlap)"));
  EXPECT_THAT(Refusal(TwoTensors(0, "da")), HasSubstr("expected 2 (overlap)"));
  EXPECT_THAT(Refusal(TwoTensors(3, "data5")), HasSubstr("found tensor \"b\" at offset 3, expected 2 (hole)"));
  EXPECT_THAT(Refusal(TwoTensors(2, "data5")), HasSubstr("found 1 bytes after the last tensor"));
  EXPECT_THAT(Refusal(File("{}", "x")), HasSubstr("byte 10: found 1 bytes after the last tensor"));
}

TEST(HeaderReaderTest, RefusesEveryTruncation) {
  const std::string file = File(kGood, "0123456789");
  for (size_t size = 0; size < file.size(); ++size) {
    // A copy of its own, so that reading past the end is seen by AddressSanitizer.
    const std::string truncated = file.substr(0, size);
    EXPECT_FALSE(ReadSafetensorsContents(truncated, "f").ok()) << size;
  }
}

TEST(HeaderReaderTest, EveryChangedByteIsRefusedOrYieldsViewsInsideTheFile) {
  const std::string good = File(kGood, "0123456789");
  int refused = 0;
  for (size_t i = 0; i < 8 + sizeof(kGood) - 1; ++i) {
    for (int mask = 1; mask < 256; mask = 2 * mask + 1) {
      std::string file = good;
      file[i] ^= static_cast<char>(mask);
      const absl::StatusOr<SafetensorsContents> contents = ReadSafetensorsContents(file, "f");
      if (!contents.ok()) {
        ++refused;
        EXPECT_EQ(ExitCodeOf(contents.status()), kExitBadInput);
        continue;
      }
      for (const auto& [name, tensor] : contents->tensors) {
        EXPECT_GE(tensor.bytes.data(), file.data());
        EXPECT_LE(tensor.bytes.data() + tensor.bytes.size(), file.data() + file.size());
        EXPECT_EQ(tensor.bytes.size(), tensor.elements() * SizeOf(tensor.dtype));
      }
    }
  }
  EXPECT_GT(refused, 1000);  // all but changes in names and metadata
}

TEST(HeaderReaderTest, DeepNestingIsRefusedAtOnce) {
  EXPECT_THAT(Refusal(File(absl::StrCat("{\"a\":", std::string(1'000'000, '[')))), HasSubstr("found an array"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(Refusal(File(objects)), HasSubstr("found key \"a\", expected dtype, shape or data_offsets"));
}

TEST(HeaderReaderTest, MessagesStayOnOneShortLine) {
  const std::string message = Refusal(File(absl::StrCat("{\"", std::string(1000, 'n'), "\\n\":{\"", "x\":1}}")));
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_LT(message.size(), 200);
}

}  // namespace
}  // namespace tally

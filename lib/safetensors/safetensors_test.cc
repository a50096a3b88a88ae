#include "lib/safetensors/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string TempPath(absl::string_view name) { return absl::StrCat(::testing::TempDir(), "/", name); }

// Bytes 0, 1, 2, ... for tensors to point at.
std::string Bytes(int count) {
  std::string bytes(count, '\0');
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<char>(i);
  return bytes;
}

TEST(SafetensorsTest, RoundTripOfAllDTypesEmptyAndRankZero) {
  const std::string data = Bytes(64);
  std::map<std::string, TensorView> tensors;
  for (int i = 0; i <= static_cast<int>(DType::kU64); ++i) {
    const DType dtype = static_cast<DType>(i);
    const std::string name(DTypeName(dtype));
    tensors[name] = {dtype, {2, 3}, absl::string_view(data).substr(0, 6 * SizeOf(dtype))};
    tensors[name + " of rank 0"] = {dtype, {}, absl::string_view(data).substr(1, SizeOf(dtype))};
    tensors[name + " without elements"] = {dtype, {4, 0}, ""};
  }
  tensors["odd \"name\"\\\n\xc3\xa9"] = {DType::kU8, {1}, "x"};
  const std::map<std::string, std::string> metadata = {{"key", "value \"\\\n\x01 \xc3\xa9"}, {"", ""}};
  const std::string path = TempPath("all.safetensors");
  ASSERT_TRUE(WriteSafetensors(path, tensors, metadata).ok());

  const auto file = SafetensorsFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->metadata(), metadata);
  ASSERT_EQ((*file)->tensors().size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const auto found = (*file)->Find(name, tensor.dtype);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->shape, tensor.shape) << name;
    EXPECT_EQ(found->bytes, tensor.bytes) << name;
  }
}

// The expected header was written by the format's own library, safetensors 0.8.0 for Python.
TEST(SafetensorsTest, SameBytesAsTheFormatsOwnLibrary) {
  const std::string zeros(16, '\0');
  const auto two = [&](DType dtype) {
    return TensorView{dtype, {2}, absl::string_view(zeros).substr(0, 2 * SizeOf(dtype))};
  };
  const std::map<std::string, TensorView> tensors = {
      {"a_bool", two(DType::kBool)},
      {"b_u8", two(DType::kU8)},
      {"c_i8", two(DType::kI8)},
      {"d_i16", two(DType::kI16)},
      {"e_u16", two(DType::kU16)},
      {"f_f16", two(DType::kF16)},
      {"h_i32", two(DType::kI32)},
      {"i_u32", two(DType::kU32)},
      {"j_f32", two(DType::kF32)},
      {"k_f64", two(DType::kF64)},
      {"l_i64", two(DType::kI64)},
      {"m_u64", two(DType::kU64)},
      {"zero_rank", {DType::kF32, {}, absl::string_view(zeros).substr(0, 4)}},
      {"empty", {DType::kF32, {0, 3}, ""}},
      {"q\"\\\xc3\xa9\n", {DType::kU8, {1}, absl::string_view(zeros).substr(0, 1)}}};
  const std::string path = TempPath("python.safetensors");
  ASSERT_TRUE(WriteSafetensors(path, tensors, {{"k", "v\"\xc3\xa9\x01"}}).ok());
  const std::string header =
      "{\"__metadata__\":{\"k\":\"v\\\"\xc3\xa9\\u0001\"},"
      R"("m_u64":{"dtype":"U64","shape":[2],"data_offsets":[0,16]},)"
      R"("l_i64":{"dtype":"I64","shape":[2],"data_offsets":[16,32]},)"
      R"("k_f64":{"dtype":"F64","shape":[2],"data_offsets":[32,48]},)"
      R"("empty":{"dtype":"F32","shape":[0,3],"data_offsets":[48,48]},)"
      R"("j_f32":{"dtype":"F32","shape":[2],"data_offsets":[48,56]},)"
      R"("zero_rank":{"dtype":"F32","shape":[],"data_offsets":[56,60]},)"
      R"("i_u32":{"dtype":"U32","shape":[2],"data_offsets":[60,68]},)"
      R"("h_i32":{"dtype":"I32","shape":[2],"data_offsets":[68,76]},)"
      R"("f_f16":{"dtype":"F16","shape":[2],"data_offsets":[76,80]},)"
      R"("e_u16":{"dtype":"U16","shape":[2],"data_offsets":[80,84]},)"
      R"("d_i16":{"dtype":"I16","shape":[2],"data_offsets":[84,88]},)"
      R"("c_i8":{"dtype":"I8","shape":[2],"data_offsets":[88,90]},)"
      R"("b_u8":{"dtype":"U8","shape":[2],"data_offsets":[90,92]},)"
      "\"q\\\"\\\\\xc3\xa9\\n\":"
      R"({"dtype":"U8","shape":[1],"data_offsets":[92,93]},)"
      R"("a_bool":{"dtype":"BOOL","shape":[2],"data_offsets":[93,95]}}  )";
  ASSERT_EQ(header.size(), 928);
  EXPECT_EQ(*ReadFile(path), absl::StrCat(std::string("\xa0\x03\0\0\0\0\0\0", 8), header, std::string(95, '\0')));
}

TEST(SafetensorsTest, HeaderIsPaddedToAtLeastTheGivenSize) {
  const std::string header = SafetensorsHeader({{"a", DType::kU8, {0}}}, {{"k", "v"}}, 4096);
  EXPECT_EQ(header.size(), 4096);
  const std::string path = TempPath("padded.safetensors");
  ASSERT_TRUE(WriteFile(path, header).ok());
  const auto file = SafetensorsFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->metadata().at("k"), "v");
  EXPECT_EQ(SafetensorsHeader({}, {}).size(), 16);
  EXPECT_EQ(SafetensorsHeader({}, {}, 17).size(), 24);
}

TEST(SafetensorsTest, FindNamesTheTensorAndWhatIsThere) {
  const std::string path = TempPath("find.safetensors");
  ASSERT_TRUE(WriteSafetensors(path, {{"a", {DType::kU8, {1}, "x"}}}, {}).ok());
  const auto file = SafetensorsFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const absl::Status absent = (*file)->Find("b", DType::kU8).status();
  EXPECT_EQ(ExitCodeOf(absent), kExitBadInput);
  EXPECT_THAT(std::string(absent.message()), HasSubstr("find.safetensors: found no tensor \"b\""));
  const absl::Status other = (*file)->Find("a", DType::kF32).status();
  EXPECT_EQ(ExitCodeOf(other), kExitBadInput);
  EXPECT_THAT(std::string(other.message()), HasSubstr("tensor \"a\": found dtype U8, expected F32"));
}

TEST(SafetensorsTest, OpenReportsMissingAndBrokenFiles) {
  EXPECT_EQ(ExitCodeOf(SafetensorsFile::Open(TempPath("absent")).status()), kExitMissingInput);
  const std::string path = TempPath("short.safetensors");
  ASSERT_TRUE(WriteFile(path, "123").ok());
  const absl::Status status = SafetensorsFile::Open(path).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("short.safetensors: byte 3: found the end of the file"));
}

TEST(SafetensorsTest, BytesThatDoNotFitTheShapeLeaveNoFile) {
  const std::string path = TempPath("bug.safetensors");
  EXPECT_EQ(ExitCodeOf(WriteSafetensors(path, {{"a", {DType::kF32, {2}, "abc"}}}, {})), kExitBug);
  EXPECT_EQ(ExitCodeOf(SafetensorsFile::Open(path).status()), kExitMissingInput);
}

}  // namespace
}  // namespace tally

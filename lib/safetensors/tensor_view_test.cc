#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(DTypeTest, NamesAndParseAreInverse) {
  for (int i = 0; i <= static_cast<int>(DType::kU64); ++i) {
    const DType dtype = static_cast<DType>(i);
    const absl::StatusOr<DType> parsed = ParseDType(DTypeName(dtype));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, dtype);
  }
}

TEST(DTypeTest, SizesAreThoseOfTheNames) {
  for (int i = 0; i <= static_cast<int>(DType::kU64); ++i) {
    const DType dtype = static_cast<DType>(i);
    const std::string name(DTypeName(dtype));
    const int bits = name == "BOOL" ? 8 : std::stoi(name.substr(name.find_first_of("123456789")));
    EXPECT_EQ(SizeOf(dtype) * 8, bits) << name;
  }
}

TEST(DTypeTest, UnknownNameListsTheKnownOnes) {
  const absl::Status status = ParseDType("F8_E5M2").status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("found dtype \"F8_E5M2\", expected one of BOOL U8"));
  EXPECT_FALSE(ParseDType("f32").ok());
  EXPECT_FALSE(ParseDType("").ok());
}

TEST(TensorViewTest, ElementsIsTheProductOfTheShape) {
  EXPECT_EQ((TensorView{DType::kU8, {}, ""}).elements(), 1);
  EXPECT_EQ((TensorView{DType::kU8, {3, 4}, ""}).elements(), 12);
  EXPECT_EQ((TensorView{DType::kU8, {3, 0, 4}, ""}).elements(), 0);
}

}  // namespace
}  // namespace tally

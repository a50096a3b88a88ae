#include "lib/base/checksums.h"

#include <gtest/gtest.h>

#include <string>

namespace tally {
namespace {

std::string HexOf(absl::string_view bytes) {
  ContentHash hash;
  hash.Add(bytes);
  return hash.Hex();
}

// The values that `xxhsum -H3` prints.
TEST(ContentHashTest, KnownValues) {
  EXPECT_EQ(HexOf(""), "2d06800538d394c2");
  EXPECT_EQ(HexOf("a"), "e6c632b61e964e1f");
}

TEST(ContentHashTest, CutsDoNotMatter) {
  std::string bytes(10'000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i);
  for (const size_t cut : {size_t{1}, size_t{63}, size_t{1000}, size_t{4097}}) {
    ContentHash hash;
    for (size_t i = 0; i < bytes.size(); i += cut) hash.Add(absl::string_view(bytes).substr(i, cut));
    EXPECT_EQ(hash.Hex(), HexOf(bytes)) << cut;
  }
}

TEST(ContentHashTest, HexMayBeAskedOnTheWay) {
  ContentHash hash;
  hash.Add("a");
  EXPECT_EQ(hash.Hex(), HexOf("a"));
  hash.Add("b");
  EXPECT_EQ(hash.Hex(), HexOf("ab"));
}

// RFC 3720, appendix B.4, and the check value of the CRC catalogues.
TEST(Crc32cTest, KnownAnswers) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) {
    rising.push_back(static_cast<char>(i));
    falling.push_back(static_cast<char>(31 - i));
  }
  EXPECT_EQ(Crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(Crc32c(falling), 0x113fdb5cu);
}

TEST(Crc32cTest, MaskRotatesAndAdds) {
  EXPECT_EQ(MaskedCrc32c(""), 0xa282ead8u);
  // 0xe3069283 rotated right by 15 bits is 0x2507c60d.
  EXPECT_EQ(MaskedCrc32c("123456789"), 0x2507c60du + 0xa282ead8u);
}

}  // namespace
}  // namespace tally

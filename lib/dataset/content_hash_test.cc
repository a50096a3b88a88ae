#include "lib/dataset/content_hash.h"

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

}  // namespace
}  // namespace tally

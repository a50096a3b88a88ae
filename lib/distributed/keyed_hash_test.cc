#include "lib/distributed/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/escaping.h"

namespace tally {
namespace {

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

// RFC 4231, test cases 1, 2 and 6.
TEST(KeyedHashTest, KnownHashes) {
  EXPECT_EQ(Hex(KeyedHash(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(KeyedHash("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(KeyedHash(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(EqualSecretlyTest, IsEquality) {
  EXPECT_TRUE(EqualSecretly("", ""));
  EXPECT_TRUE(EqualSecretly("abc", "abc"));
  for (const char* other : {"", "ab", "abcd", "xbc", "axc", "abx"}) EXPECT_FALSE(EqualSecretly("abc", other)) << other;
}

TEST(RandomChallengeTest, IsNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(RandomChallenge());
  EXPECT_EQ(seen.size(), 100);
  EXPECT_EQ(seen.begin()->size(), 32);
}

}  // namespace
}  // namespace tally

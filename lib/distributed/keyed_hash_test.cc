#include "lib/distributed/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/escaping.h"

namespace tally {
namespace {

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

// Those of FIPS 180, and, by Python's hashlib, lengths around the end of a block.
TEST(Sha256Test, KnownHashes) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hex(Sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(Hex(Sha256(std::string(55, 'x'))), "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072");
  EXPECT_EQ(Hex(Sha256(std::string(56, 'x'))), "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e");
  EXPECT_EQ(Hex(Sha256(std::string(63, 'x'))), "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2");
  EXPECT_EQ(Hex(Sha256(std::string(64, 'x'))), "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c");
}

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

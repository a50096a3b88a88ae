#include "lib/distributed/keyed_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>

#include "absl/strings/escaping.h"

namespace tally {
namespace {

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string KeyedHash(absl::string_view key, absl::string_view message) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  // Fails for want of memory alone.
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(message), message.size(), hash, &size) ==
      nullptr) {
    std::abort();
  }
  return {reinterpret_cast<const char*>(hash), size};
}

bool EqualSecretly(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomChallenge() {
  unsigned char bytes[16];
  // Fails where the system has no source of randomness: nothing that a challenge is for could then be done.
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) std::abort();
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), sizeof(bytes)));
}

}  // namespace tally

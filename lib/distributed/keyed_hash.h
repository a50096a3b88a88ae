// Proof of knowing a secret without saying it. Torch-free, thread-safe.
#ifndef TALLY_LIB_DISTRIBUTED_KEYED_HASH_H_
#define TALLY_LIB_DISTRIBUTED_KEYED_HASH_H_

#include <string>

#include "absl/strings/string_view.h"

namespace tally {

// HMAC-SHA-256 (RFC 2104), 32 bytes: only who knows `key` can make it for a `message` that was never hashed before.
std::string KeyedHash(absl::string_view key, absl::string_view message);

// a == b, in a time that says nothing of where they differ.
bool EqualSecretly(absl::string_view a, absl::string_view b);

// 16 bytes of the system's randomness that nobody can guess, as 32 hexadecimal digits.
std::string RandomChallenge();

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_KEYED_HASH_H_

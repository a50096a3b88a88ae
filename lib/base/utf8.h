// UTF-8 text.
#ifndef TALLY_LIB_BASE_UTF8_H_
#define TALLY_LIB_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>

namespace tally {

// Bytes of the UTF-8 character that starts with `byte`; 1 for a byte within one.
inline size_t CharacterLength(char byte) {
  const uint8_t b = static_cast<uint8_t>(byte);
  return b < 0xC0 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

}  // namespace tally

#endif  // TALLY_LIB_BASE_UTF8_H_

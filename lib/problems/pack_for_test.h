// Compressed bytes for tests.
#ifndef TALLY_LIB_PROBLEMS_PACK_FOR_TEST_H_
#define TALLY_LIB_PROBLEMS_PACK_FOR_TEST_H_

#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"

namespace tally {

// One gzip member.
inline std::string Gzip(absl::string_view text) {
  z_stream stream = {};
  if (deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// One Zstandard frame.
inline std::string Zstd(absl::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 9));
  return packed;
}

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_PACK_FOR_TEST_H_

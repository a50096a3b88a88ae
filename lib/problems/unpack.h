// What compressed bytes hold.
#ifndef TALLY_LIB_PROBLEMS_UNPACK_H_
#define TALLY_LIB_PROBLEMS_UNPACK_H_

#include <memory>
#include <string>

#include "lib/base/byte_source.h"

namespace tally {

// The bytes in gzip's format (RFC 1952) or Zstandard's (RFC 8878) that `packed` are; several members or frames one
// after the other are one stream. Read gives BadInput, with the place among the compressed bytes, where they are
// damaged or end too early. Messages call them `name`.
std::unique_ptr<ByteSource> UnpackGzip(std::unique_ptr<ByteSource> packed, std::string name);
std::unique_ptr<ByteSource> UnpackZstd(std::unique_ptr<ByteSource> packed, std::string name);

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_UNPACK_H_

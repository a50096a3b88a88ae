#include "lib/dataset/token_stream.h"

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/checksums.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/nearest.h"

namespace tally {

uint64_t StreamBlockHash(const StreamBlockHead& head, absl::string_view bytes) {
  ContentHash hash;
  hash.Add(absl::string_view(reinterpret_cast<const char*>(&head), offsetof(StreamBlockHead, xxh3)));
  hash.Add(bytes);
  return hash.Value();
}

std::string StreamHeader(const DataFormat& format) {
  nlohmann::ordered_json header = {{"format", kTokenStreamFormat}};
  for (const auto& [key, value] : FormatMetadata(format)) header[key] = value;
  return header.dump();
}

absl::StatusOr<DataFormat> ParseStreamHeader(absl::string_view line, absl::string_view source) {
  auto json = ParseJson(line);
  if (!json.is_object()) json = nlohmann::json::object();
  std::map<std::string, std::string> header;
  for (const auto& [key, value] : json.items()) {
    if (value.is_string()) header[key] = value.get<std::string>();
  }
  const auto format = header.find("format");
  if (format == header.end() || format->second != kTokenStreamFormat) {
    return BadInputError(absl::StrCat(source, ":1: found ", Quote(line),
                                      ", expected a token stream as `tokenize --out=-` writes it, format ",
                                      kTokenStreamFormat));
  }
  return ParseFormatMetadata(header, absl::StrCat(source, ":1"), /*lengths=*/false);
}

}  // namespace tally

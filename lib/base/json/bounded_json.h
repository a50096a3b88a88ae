// JSON that anybody may have written: its size and depth are looked at before it is parsed.
//
// nlohmann's values are copied, compared and printed by recursion, so a text of 50,000 brackets ends a process; its
// objects that keep their order look for each new key among all others; and an empty list of three bytes takes 60 in
// memory. Every document of Tally's formats is far below these limits.
#ifndef TALLY_LIB_BASE_JSON_BOUNDED_JSON_H_
#define TALLY_LIB_BASE_JSON_BOUNDED_JSON_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace tally {

inline constexpr int64_t kMaxJsonBytes = int64_t{16} << 20;
inline constexpr int kMaxJsonDepth = 64;     // lists and objects within one another
inline constexpr int kMaxJsonKeys = 10'000;  // of all objects together

// Whether `text` is within these limits and has no NUL, which the parser would take for its end.
inline bool IsBoundedJson(absl::string_view text) {
  if (static_cast<int64_t>(text.size()) > kMaxJsonBytes) return false;
  int depth = 0, keys = 0;
  bool in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0') return false;
    if (c == '"') in_text = !in_text;
    if (in_text) {
      i += c == '\\';
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return false;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ':' && ++keys > kMaxJsonKeys) {
      return false;
    }
  }
  return true;
}

// The value that `text` is; where it is no JSON, or beyond the limits, one that is of no kind (is_discarded).
template <typename Json = nlohmann::json>
Json ParseJson(absl::string_view text) {
  if (!IsBoundedJson(text)) return Json(nlohmann::detail::value_t::discarded);
  return Json::parse(text.begin(), text.end(), /*callback=*/nullptr, /*allow_exceptions=*/false);
}

// `value` for a message: in ASCII, on one line, and short.
template <typename Json>
std::string ShortJson(const Json& value) {
  constexpr size_t kMost = 60;
  const std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  return text.size() <= kMost ? text : absl::StrCat(text.substr(0, kMost), "...");
}

// Whether `value` is a whole number of 64 bits with a sign; beyond these, get<int64_t> would give another one.
template <typename Json>
bool IsInt64(const Json& value) {
  return value.is_number_integer() && (!value.is_number_unsigned() ||
                                       value.template get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()});
}

}  // namespace tally

#endif  // TALLY_LIB_BASE_JSON_BOUNDED_JSON_H_

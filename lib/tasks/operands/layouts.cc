#include "lib/tasks/operands/layouts.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/utf8.h"

namespace tally {
namespace {

constexpr absl::string_view kCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwyz!@£#$%^&*()~?.,<>{}[]:;/|βΓΔδεζηθκΛλμΞξΠπΣςτΦφχΨψΩω";

const std::array<absl::string_view, kHints>& Hints() {
  static const auto* const hints = [] {
    auto* const all = new std::array<absl::string_view, kHints>();
    absl::string_view rest = kCharacters;
    for (absl::string_view& hint : *all) {
      hint = rest.substr(0, CharacterLength(rest[0]));
      rest.remove_prefix(hint.size());
    }
    return all;
  }();
  return *hints;
}

}  // namespace

absl::string_view HintText(int64_t i) { return Hints()[i % kHints]; }

int HintAt(absl::string_view text, size_t* bytes) {
  if (text.empty()) return -1;
  *bytes = CharacterLength(text[0]);
  const absl::string_view character = text.substr(0, *bytes);
  for (int i = 0; i < kHints; ++i) {
    if (Hints()[i] == character) return i;
  }
  return -1;
}

std::string WithHints(absl::string_view number, int64_t start) {
  std::string text;
  for (size_t i = 0; i < number.size(); ++i) {
    absl::StrAppend(&text, HintText(start + static_cast<int64_t>(i)), number.substr(i, 1));
  }
  return text;
}

absl::StatusOr<std::string> WithoutHints(absl::string_view line, absl::string_view separators) {
  std::string plain;
  int start = -1, index = 0;
  size_t i = 0;
  while (i < line.size()) {
    size_t bytes = 1;
    const int hint = HintAt(line.substr(i), &bytes);
    if (hint < 0 && absl::StrContains(separators, line[i])) {
      plain.push_back(line[i++]);
      index = 0;
      continue;
    }
    if (start < 0) start = hint;
    if (hint < 0 || hint != (start + index) % kHints) {
      return BadInputError(absl::StrCat("byte ", i + 1, ": found ", line.substr(i, bytes), ", expected ",
                                        start < 0 ? "a hint" : absl::StrCat("the hint ", HintText(start + index))));
    }
    i += bytes;
    if (i == line.size() || !(absl::ascii_isdigit(line[i]) || line[i] == '-')) {
      return BadInputError(absl::StrCat("byte ", i + 1, ": found no digit, expected one after a hint"));
    }
    plain.push_back(line[i++]);
    ++index;
  }
  return plain;
}

std::string Interleave(absl::string_view first, absl::string_view second) {
  std::string digits;
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) digits.push_back(first[i]);
    if (i < second.size()) digits.push_back(second[i]);
  }
  return digits;
}

absl::StatusOr<InterleavedNumbers> Deinterleave(absl::string_view digits,
                                                absl::FunctionRef<bool(absl::string_view, absl::string_view)> fits) {
  for (size_t pairs = digits.size() / 2; pairs > 0; --pairs) {
    InterleavedNumbers numbers;
    for (size_t i = 0; i < 2 * pairs; ++i) (i % 2 == 0 ? numbers.first : numbers.second).push_back(digits[i]);
    const absl::string_view rest = digits.substr(2 * pairs);
    for (const bool first_is_longer : {true, false}) {
      InterleavedNumbers candidate = numbers;
      (first_is_longer ? candidate.first : candidate.second).append(rest.data(), rest.size());
      if (fits(candidate.first, candidate.second)) return candidate;
    }
  }
  return BadInputError("no two numbers fit");
}

}  // namespace tally

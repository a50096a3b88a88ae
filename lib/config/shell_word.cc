#include "lib/config/shell_word.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace tally {
namespace {

bool IsPlain(char c) {
  constexpr absl::string_view kPlain = "-_./=+,:%@";
  return absl::ascii_isalnum(c) || kPlain.find(c) != absl::string_view::npos;
}

}  // namespace

std::string ShellQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string ShellWord(absl::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), IsPlain);
  return plain ? std::string(text) : ShellQuoted(text);
}

}  // namespace tally

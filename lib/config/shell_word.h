// Text as a shell reads it.
#ifndef TALLY_LIB_CONFIG_SHELL_WORD_H_
#define TALLY_LIB_CONFIG_SHELL_WORD_H_

#include <string>

#include "absl/strings/string_view.h"

namespace tally {

// `text` in single quotes: one word of a POSIX shell, whatever is in it.
std::string ShellQuoted(absl::string_view text);

// The same, without quotes where all of it is plain: letters, digits and -_./=+,:%@.
std::string ShellWord(absl::string_view text);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_SHELL_WORD_H_

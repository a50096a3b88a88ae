// What all pictures share: terminal, colours, text in gnuplot's scripts, running it, and files that are complete or
// absent.
#ifndef TALLY_LIB_PLOT_PICTURE_H_
#define TALLY_LIB_PLOT_PICTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

struct PictureSize {
  int width = 900;  // pixels (PNG) or points (SVG)
  int height = 800;
};

// Yellow-green-blue, light to dark: even steps of it look even, in grey too. A script's line.
extern const char kPalette[];

// The line of a script that sets the terminal for "png" or "svg".
std::string TerminalLine(absl::string_view format, const PictureSize& size);

// `text`, of which 120 bytes at most are left: cut between characters, with "..." at its end.
std::string ShortTitle(absl::string_view text);

// The font size, in points, at which `title` fits the picture's width; 7..15.
int TitleFont(absl::string_view title, const PictureSize& size);

// The lines of a script that set a picture's title, in a font small enough for its width; "" for none.
std::string TitleLine(absl::string_view title, const PictureSize& size);

// `text` as a string of gnuplot: single quotes doubled, newlines left out.
std::string Quoted(absl::string_view text);

// "'a' 0, 'b' 2": the ticks of an axis with such names at 0, 1, ..., thinned to at most about `most`.
std::string NamedTicks(const std::vector<std::string>& names, size_t most);

// The smallest of 1, 2, 5, 10, 20, ... that is at least `least`: a step between ticks of whole numbers.
int64_t RoundStep(int64_t least);

// The picture that gnuplot draws from `script`, which sets a terminal and no output. MissingInput where gnuplot is not
// installed; an internal error with its first message where it fails.
absl::StatusOr<std::string> RunGnuplot(const std::string& script);

// Draws `script(format)`, format being "png" or "svg" by the ending of `path`, and moves the finished picture there,
// complete or absent; path "-" writes `text()` to standard output instead. UsageError for another ending or a senseless
// size; MissingInput where gnuplot is not installed.
absl::Status DrawPicture(const std::string& path, const PictureSize& size,
                         absl::FunctionRef<std::string(absl::string_view format)> script,
                         absl::FunctionRef<std::string()> text);

// Writes a table or a page to the file `out`, complete or absent, or to standard output for "-". CannotCreate, IoError.
absl::Status WriteText(const std::string& out, absl::string_view text);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_PICTURE_H_

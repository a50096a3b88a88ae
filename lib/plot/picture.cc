#include "lib/plot/picture.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/plot/gnuplot.h"

namespace tally {

const char kPalette[] =
    "set palette defined (0 '#ffffd9', 12.5 '#edf8b1', 25 '#c7e9b4', 37.5 '#7fcdbb', 50 '#41b6c4', "
    "62.5 '#1d91c0', 75 '#225ea8', 87.5 '#253494', 100 '#081d58')\n";

std::string TerminalLine(absl::string_view format, const PictureSize& size) {
  const bool png = format == "png";
  return absl::StrFormat("set terminal %s size %d,%d font 'DejaVu Sans,13'%s\nset encoding utf8\n",
                         png ? "pngcairo" : "svg", size.width, size.height, png ? "" : " background '#ffffff'");
}

int TitleFont(absl::string_view title, const PictureSize& size) {
  const double room = 1.2 * size.width / static_cast<double>(std::max<size_t>(1, title.size()));
  return static_cast<int>(std::clamp(room, 7.0, 15.0));
}

std::string TitleLine(absl::string_view title, const PictureSize& size) {
  if (title.empty()) return "";
  return absl::StrFormat("set title %s noenhanced font ',%d'\n", Quoted(title), TitleFont(title, size));
}

std::string Quoted(absl::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\n') continue;
    absl::StrAppend(&out, std::string(c == '\'' ? 2 : 1, c));
  }
  return out + "'";
}

int64_t RoundStep(int64_t least) {
  for (int64_t power = 1;; power *= 10) {
    for (const int64_t step : {power, 2 * power, 5 * power}) {
      if (step >= least) return step;
    }
  }
}

absl::Status DrawPicture(const std::string& path, const PictureSize& size,
                         absl::FunctionRef<std::string(absl::string_view format)> script,
                         absl::FunctionRef<std::string()> text) {
  if (path == "-") {
    TALLY_ASSIGN_OR_RETURN(const auto out, OutputStream::Open("-"));
    TALLY_RETURN_IF_ERROR(out->Write(text()));
    return out->Commit();
  }
  const bool png = absl::EndsWith(path, ".png");
  if (!png && !absl::EndsWith(path, ".svg")) {
    return UsageError(absl::StrCat("--out=", path, ": expected a name ending in .png or .svg, or - for text"));
  }
  for (const int pixels : {size.width, size.height}) {
    if (pixels < 100 || pixels > 10000) {
      return UsageError(absl::StrCat("a picture of ", pixels, " pixels; expected 100..10000"));
    }
  }
  TALLY_ASSIGN_OR_RETURN(const std::string picture, RunGnuplot(script(png ? "png" : "svg")));
  return WriteFile(path, picture);
}

}  // namespace tally

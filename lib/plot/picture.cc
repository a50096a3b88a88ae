#include "lib/plot/picture.h"

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/folder.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/config/shell_word.h"

namespace tally {
namespace {

// A folder of our own for the script and gnuplot's messages, removed at the end.
class TemporaryFolder {
 public:
  // CannotCreate.
  static absl::StatusOr<std::unique_ptr<TemporaryFolder>> Make() {
    TALLY_ASSIGN_OR_RETURN(const std::string parent, TemporaryFolderPath());
    std::string path = absl::StrCat(parent, "/tally-plot-XXXXXX");
    if (mkdtemp(path.data()) == nullptr) {
      const int error = errno;
      return CannotCreateError(
          absl::StrCat(parent, ": cannot make a folder in it: ", std::generic_category().message(error)));
    }
    return absl::WrapUnique(new TemporaryFolder(path));
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  std::string File(const char* name) const { return absl::StrCat(path_, "/", name); }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}

  const std::string path_;
};

// What a shell command prints on standard output, and its exit code.
struct Outcome {
  std::string output;
  int code = 0;
};

Outcome Run(const std::string& command) {
  Outcome outcome;
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {"", 127};
  char buffer[4096];
  size_t got;
  while ((got = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0) outcome.output.append(buffer, got);
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  return outcome;
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text.substr(0, 300);
}

}  // namespace

const char kPalette[] =
    "set palette defined (0 '#ffffd9', 12.5 '#edf8b1', 25 '#c7e9b4', 37.5 '#7fcdbb', 50 '#41b6c4', "
    "62.5 '#1d91c0', 75 '#225ea8', 87.5 '#253494', 100 '#081d58')\n";

std::string TerminalLine(absl::string_view format, const PictureSize& size) {
  const bool png = format == "png";
  return absl::StrFormat("set terminal %s size %d,%d font 'DejaVu Sans,13'%s\nset encoding utf8\n",
                         png ? "pngcairo" : "svg", size.width, size.height, png ? "" : " background '#ffffff'");
}

std::string ShortTitle(absl::string_view text) {
  constexpr size_t kMost = 120;
  if (text.size() <= kMost) return std::string(text);
  size_t end = kMost - 3;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;  // within a character of UTF-8
  return absl::StrCat(text.substr(0, end), "...");
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

std::string NamedTicks(const std::vector<std::string>& names, size_t most) {
  const size_t step = (names.size() + most - 1) / std::max<size_t>(1, most);
  std::string ticks;
  for (size_t i = 0; i < names.size(); i += std::max<size_t>(1, step)) {
    // A percent sign in a label would begin a number's format.
    absl::StrAppend(&ticks, i == 0 ? "" : ", ", Quoted(names[i] == "%" ? "%%" : names[i]), " ", i);
  }
  return ticks;
}

int64_t RoundStep(int64_t least) {
  for (int64_t power = 1;; power *= 10) {
    for (const int64_t step : {power, 2 * power, 5 * power}) {
      if (step >= least) return step;
    }
  }
}

absl::StatusOr<std::string> RunGnuplot(const std::string& script) {
  TALLY_ASSIGN_OR_RETURN(const auto folder, TemporaryFolder::Make());
  TALLY_RETURN_IF_ERROR(WriteFile(folder->File("script"), script));
  Outcome outcome = Run(absl::StrCat("gnuplot --default-settings ", ShellWord(folder->File("script")), " 2>",
                                     ShellWord(folder->File("messages"))));
  if (outcome.code == 127) return MissingInputError("gnuplot: cannot be run; install Debian's gnuplot-nox");
  if (outcome.code == 0 && !outcome.output.empty()) return std::move(outcome.output);
  TALLY_ASSIGN_OR_RETURN(const std::string messages, ReadFile(folder->File("messages")));
  return absl::InternalError(
      absl::StrCat("gnuplot: ended with exit code ", outcome.code, messages.empty() ? "" : ": ", OneLine(messages)));
}

absl::Status DrawPicture(const std::string& path, const PictureSize& size,
                         absl::FunctionRef<std::string(absl::string_view format)> script,
                         absl::FunctionRef<std::string()> text) {
  if (path == "-") return WriteText("-", text());
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

absl::Status WriteText(const std::string& out, absl::string_view text) {
  TALLY_ASSIGN_OR_RETURN(const auto stream, OutputStream::Open(out));
  TALLY_RETURN_IF_ERROR(stream->Write(text));
  return stream->Commit();
}

}  // namespace tally

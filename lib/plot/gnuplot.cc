#include "lib/plot/gnuplot.h"

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

// A folder of our own for the script and gnuplot's messages, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "tally-plot-XXXXXX").string()) {
    made_ = mkdtemp(path_.data()) != nullptr;
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (made_) std::filesystem::remove_all(path_, error);
  }
  bool made() const { return made_; }
  std::string File(const char* name) const { return absl::StrCat(path_, "/", name); }

 private:
  std::string path_;
  bool made_ = false;
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

absl::StatusOr<std::string> RunGnuplot(const std::string& script) {
  const TemporaryFolder folder;
  if (!folder.made()) return CannotCreateError("gnuplot: cannot make a temporary folder");
  TALLY_RETURN_IF_ERROR(WriteFile(folder.File("script"), script));
  Outcome outcome =
      Run(absl::StrCat("gnuplot --default-settings '", folder.File("script"), "' 2>'", folder.File("messages"), "'"));
  if (outcome.code == 127) return MissingInputError("gnuplot: cannot be run; install Debian's gnuplot-nox");
  if (outcome.code == 0 && !outcome.output.empty()) return std::move(outcome.output);
  TALLY_ASSIGN_OR_RETURN(const std::string messages, ReadFile(folder.File("messages")));
  return absl::InternalError(absl::StrCat("gnuplot: ", OneLine(messages)));
}

}  // namespace tally

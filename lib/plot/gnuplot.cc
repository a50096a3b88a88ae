#include "lib/plot/gnuplot.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

// A name in the folder for temporary files, removed at the end.
class ScriptFile {
 public:
  ScriptFile()
      : path_(absl::StrCat(std::filesystem::temp_directory_path().string(), "/tally-plot-", getpid(), ".gp")) {}
  ~ScriptFile() {
    std::error_code error;
    std::filesystem::remove(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

// What a shell command prints, and its exit code.
struct Outcome {
  std::string text;
  int code = 0;
};

Outcome Run(const std::string& command) {
  Outcome outcome;
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {"cannot start a shell", 127};
  char buffer[4096];
  size_t got;
  while ((got = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0) outcome.text.append(buffer, got);
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

absl::Status RunGnuplot(const std::string& script) {
  const ScriptFile file;
  TALLY_RETURN_IF_ERROR(WriteFile(file.path(), script));
  const Outcome outcome = Run(absl::StrCat("gnuplot '", file.path(), "' 2>&1"));
  if (outcome.code == 0) return absl::OkStatus();
  if (outcome.code == 127) return MissingInputError("gnuplot: cannot be run; install Debian's gnuplot-nox");
  return absl::InternalError(absl::StrCat("gnuplot: ", OneLine(outcome.text)));
}

}  // namespace tally

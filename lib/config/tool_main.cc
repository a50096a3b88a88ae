#include "lib/config/tool_main.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <memory>
#include <new>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/base/version.h"
#include "lib/config/flags.h"
#include "lib/config/manual.h"

namespace tally {
namespace {

using Run = std::function<absl::Status(const std::vector<std::string>&)>;

std::string VersionText(const Tool& tool) {
  std::string text = absl::StrCat(tool.name, " ", TallyVersion(), " (", TallyCommit(), ")\n");
  if (tool.version_details.empty()) return text;
  return absl::StrCat(text, absl::StripSuffix(tool.version_details, "\n"), "\n");
}

absl::Status PrintHelp(const Tool& tool, const std::string& form) {
  if (form.empty()) return PrintText(HelpText(tool));
  if (form == "markdown") return PrintText(OptionPage(tool));
  if (form == "man") return PrintText(ManPage(tool));
  if (form == "bash") return PrintText(BashCompletions(tool));
  if (form == "zsh") return PrintText(ZshCompletions(tool));
  if (form == "configuration" && tool.configuration != nullptr) {
    return PrintText(ConfigurationPage(*tool.configuration->GetDescriptor()));
  }
  return UsageError(absl::StrCat("--help=", form, "; expected markdown, man, bash",
                                 tool.configuration == nullptr ? "" : ", configuration", " or zsh"));
}

// Bug where two flags have one name, and where words are given for a flag that there is not.
absl::Status CheckNames(const Tool& tool, const std::vector<Flag>& flags) {
  std::set<std::string> names = {""};
  for (const Flag& flag : flags) {
    if (!names.insert(flag.name).second) return absl::InternalError(absl::StrCat("two flags are called --", flag.name));
  }
  for (const auto& [name, words] : tool.words) {
    if (names.count(name) == 0) return absl::InternalError(absl::StrCat("words for --", name, ", which is no flag"));
  }
  return absl::OkStatus();
}

// Of exceptions: what the machine does not give is no bug. LibTorch has a class of its own for it, known by its text.
absl::Status StatusOf(const std::exception& error) {
  const absl::string_view what = error.what();
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr || absl::StrContains(what, "Cannot allocate memory")) {
    return IoError("out of memory");
  }
  const auto* const system = dynamic_cast<const std::system_error*>(&error);
  if (system != nullptr && system->code() == std::errc::resource_unavailable_try_again) {
    return IoError(absl::StrCat("cannot start a thread: ", what));
  }
  return absl::InternalError(absl::StrCat("internal error: ", what.substr(0, what.find('\n'))));  // no stack trace
}

// Turns what leaves `run` into a status.
absl::Status Guarded(const Run& run, const std::vector<std::string>& arguments) {
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    return StatusOf(error);
  } catch (...) {
    return absl::InternalError("internal error: unknown exception");
  }
}

absl::Status ParseAndRun(const std::vector<std::string>& words, const Tool& tool, const Run& run) {
  const std::vector<Flag> flags = FlagsOfTool(tool);
  TALLY_RETURN_IF_ERROR(CheckNames(tool, flags));
  TALLY_ASSIGN_OR_RETURN(const CommandLine line, ParseCommandLine(words, flags, tool.name));
  if (line.wants_help) return PrintHelp(tool, line.help_form);
  if (line.wants_version) return PrintText(VersionText(tool));
  if (!line.arguments.empty() && !tool.takes_arguments) {
    return UsageError(
        absl::StrCat("unexpected argument \"", line.arguments[0], "\"; ", tool.name, " takes flags only"));
  }
  return Guarded(run, line.arguments);
}

// A standard stream that the caller has closed would lend its number to the next file, and what is meant for standard
// error would stand in that. In its place is one of which every read and write fails.
void ReserveStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    const int other = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // the lowest number that is free
    if (other > STDERR_FILENO) close(other);
  }
}

}  // namespace

absl::Status PrintText(absl::string_view text) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> output, OutputStream::Open("-"));
  TALLY_RETURN_IF_ERROR(output->Write(text));
  return output->Commit();
}

int RunTool(int argc, char** argv, const Tool& tool, const Run& run) {
  ReserveStandardStreams();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  SetLogName(tool.name);
  const absl::Status status = ParseAndRun({argv + (argc > 0), argv + argc}, tool, run);
  if (!status.ok() && !IsOutputClosed(status)) LogLine(status.message());
  return ExitCodeOf(status);
}

}  // namespace tally

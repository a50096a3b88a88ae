#include "lib/config/tool_main.h"

#include <signal.h>

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/base/version.h"
#include "lib/config/list_flag.h"

namespace tally {
namespace {

using Flag = absl::CommandLineFlag;

constexpr size_t kHelpWidth = 100;
constexpr size_t kHelpColumn = 26;  // where the explanations of flags start

// --- Help ---

// Breaks `text` between words into lines that, with `indent` before each, stay within kHelpWidth columns.
std::string Wrap(absl::string_view text, size_t indent) {
  const std::string margin(indent, ' ');
  std::string wrapped, line;
  for (const absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > kHelpWidth) {
      absl::StrAppend(&wrapped, margin, line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  return absl::StrCat(wrapped, margin, line, "\n");
}

// One flag: its name, then its explanation and default in a column of their own.
std::string FlagHelp(absl::string_view name, absl::string_view help, absl::string_view default_value) {
  const std::string shown = default_value.empty() ? "" : absl::StrCat(" (default: ", default_value, ")");
  const std::string head = absl::StrCat("  --", name);
  const std::string body = Wrap(absl::StrCat(help, shown), kHelpColumn);
  if (head.size() + 2 > kHelpColumn) return absl::StrCat(head, "\n", body);
  return head + body.substr(head.size());
}

std::string HelpText(const Tool& tool) {
  std::string text = Wrap(absl::StrCat(tool.name, " - ", tool.purpose), 0);
  absl::StrAppend(&text, "\nUsage: ", tool.synopsis, "\n");
  if (!tool.examples.empty()) absl::StrAppend(&text, "\nExamples:\n");
  for (const ToolExample& example : tool.examples) {
    absl::StrAppend(&text, "  ", example.command, "\n", Wrap(example.comment, 6));
  }
  for (const FlagGroup& group : tool.groups) {
    absl::StrAppend(&text, "\n", group.title, ":\n");
    for (const std::string& name : group.flags) {
      const Flag* flag = absl::FindCommandLineFlag(name);
      const std::string shown = absl::StrCat(flag->IsOfType<bool>() ? "[no]" : "", name);
      absl::StrAppend(&text, FlagHelp(shown, flag->Help(), flag->DefaultValue()));
    }
  }
  absl::StrAppend(&text, "\nHelp:\n", FlagHelp("help", "prints this text", ""),
                  FlagHelp("version", "prints version and commit", ""));
  return text;
}

std::string VersionText(const Tool& tool) {
  std::string text = absl::StrCat(tool.name, " ", TallyVersion(), " (", TallyCommit(), ")\n");
  if (tool.version_details.empty()) return text;
  return absl::StrCat(text, absl::StripSuffix(tool.version_details, "\n"), "\n");
}

absl::Status Print(absl::string_view text) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> output, OutputStream::Open("-"));
  TALLY_RETURN_IF_ERROR(output->Write(text));
  return output->Commit();
}

// --- Flags ---

// What a flag's type asks for, where Abseil does not say why it refused a value.
absl::string_view Expected(const Flag& flag) {
  if (flag.IsOfType<bool>()) return "expected true or false";
  if (flag.IsOfType<int32_t>() || flag.IsOfType<int64_t>()) return "expected an integer within its range";
  if (flag.IsOfType<uint32_t>() || flag.IsOfType<uint64_t>()) return "expected an integer from 0, within its range";
  if (flag.IsOfType<float>() || flag.IsOfType<double>()) return "expected a number";
  return "expected a value of another form";
}

// Sets `flag` from `value`; a ListFlag gets it added.
absl::Status SetFlag(Flag* flag, absl::string_view value, std::map<Flag*, std::string>* lists) {
  std::string error;
  std::string text(value);
  if (flag->IsOfType<ListFlag>()) {
    text = absl::StrCat((*lists)[flag], value, absl::string_view(&kListFlagEnd, 1));
    (*lists)[flag] = text;
  }
  if (flag->ParseFrom(text, &error)) return absl::OkStatus();
  // Abseil's message is `Illegal value 'VALUE' specified for flag 'NAME'[; REASON]`.
  const std::vector<std::string> parts = absl::StrSplit(error, absl::MaxSplits("specified for flag", 1));
  const size_t reason = parts.back().find("; ");
  const std::string why = reason == std::string::npos ? std::string(Expected(*flag)) : parts.back().substr(reason + 2);
  return UsageError(absl::StrCat("bad value \"", value, "\" for --", flag->Name(), ": ", why));
}

// The command line of one tool, word by word.
class FlagParser {
 public:
  FlagParser(int argc, char** argv, const Tool& tool) : words_(argv + (argc > 0), argv + argc), tool_(tool) {
    for (const FlagGroup& group : tool.groups) names_.insert(names_.end(), group.flags.begin(), group.flags.end());
  }

  // Sets the flags. Bug where the tool names a flag that does not exist; UsageError for a bad command line.
  absl::Status Parse() {
    for (const std::string& name : names_) {
      if (absl::FindCommandLineFlag(name) == nullptr) {
        return absl::InternalError(absl::StrCat("--", name, " stands in the help but is not defined"));
      }
    }
    while (next_ < words_.size() && !wants_help_ && !wants_version_) TALLY_RETURN_IF_ERROR(ParseWord(words_[next_++]));
    return absl::OkStatus();
  }

  bool wants_help() const { return wants_help_; }
  bool wants_version() const { return wants_version_; }
  const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  absl::Status ParseWord(const std::string& word) {
    if (only_arguments_ || word == "-" || !absl::StartsWith(word, "-")) return AddArgument(word);
    if (word == "--") {
      only_arguments_ = true;
      return absl::OkStatus();
    }
    if (word == "--help" || word == "--version") {
      (word == "--help" ? wants_help_ : wants_version_) = true;
      return absl::OkStatus();
    }
    return ParseFlag(word);
  }

  absl::Status AddArgument(const std::string& word) {
    arguments_.push_back(word);
    if (tool_.takes_arguments) return absl::OkStatus();
    return UsageError(absl::StrCat("unexpected argument \"", word, "\"; ", tool_.name, " takes flags only"));
  }

  absl::Status ParseFlag(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = absl::StartsWith(word, "--") ? word.substr(2, equals - 2) : "";
    std::optional<std::string> value;
    if (equals != std::string::npos) value = word.substr(equals + 1);
    Flag* flag = Find(name);
    if (flag == nullptr && !value.has_value() && absl::StartsWith(name, "no")) {
      flag = Find(name.substr(2));
      if (flag != nullptr && flag->IsOfType<bool>()) return SetFlag(flag, "false", &lists_);
      flag = nullptr;
    }
    if (flag == nullptr) return Unknown(word.substr(0, equals), name);
    if (!value.has_value() && flag->IsOfType<bool>()) value = "true";
    if (!value.has_value()) {
      if (next_ == words_.size()) return UsageError(absl::StrCat("--", name, " needs a value"));
      value = words_[next_++];
    }
    return SetFlag(flag, *value, &lists_);
  }

  // The tool's flag of that name; null for flags that only happen to be linked in.
  Flag* Find(const std::string& name) const {
    for (const std::string& known : names_) {
      if (known == name) return absl::FindCommandLineFlag(name);
    }
    return nullptr;
  }

  absl::Status Unknown(absl::string_view word, absl::string_view name) const {
    std::vector<std::string> candidates = names_;
    candidates.insert(candidates.end(), {"help", "version"});
    const std::string nearest = NearestName(name.empty() ? word.substr(1) : name, candidates);
    const std::string hint = nearest.empty() ? "" : absl::StrCat("; did you mean --", nearest, "?");
    return UsageError(absl::StrCat("unknown flag ", word, hint, " (", tool_.name, " --help lists them)"));
  }

  const std::vector<std::string> words_;
  const Tool& tool_;
  std::vector<std::string> names_;
  size_t next_ = 0;
  bool only_arguments_ = false;
  bool wants_help_ = false;
  bool wants_version_ = false;
  std::vector<std::string> arguments_;
  std::map<Flag*, std::string> lists_;  // text of the list flags so far
};

absl::Status ParseAndRun(int argc, char** argv, const Tool& tool,
                         const std::function<absl::Status(const std::vector<std::string>&)>& run) {
  FlagParser parser(argc, argv, tool);
  TALLY_RETURN_IF_ERROR(parser.Parse());
  if (parser.wants_help()) return Print(HelpText(tool));
  if (parser.wants_version()) return Print(VersionText(tool));
  try {
    return run(parser.arguments());
  } catch (const std::bad_alloc&) {
    return absl::InternalError("out of memory");
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("internal error: ", error.what()));
  } catch (...) {
    return absl::InternalError("internal error: unknown exception");
  }
}

}  // namespace

int RunTool(int argc, char** argv, const Tool& tool,
            const std::function<absl::Status(const std::vector<std::string>&)>& run) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  SetLogName(tool.name);
  const absl::Status status = ParseAndRun(argc, argv, tool, run);
  if (!status.ok() && !IsOutputClosed(status)) LogLine(status.message());
  return ExitCodeOf(status);
}

}  // namespace tally

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "lib/config/manual.h"
#include "lib/config/options.h"
#include "lib/config/shell_word.h"

namespace tally {
namespace {

using google::protobuf::FieldDescriptor;
using Words = std::vector<std::string>;

Words ValuesOfType(const FieldDescriptor& field) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return {"true", "false"};
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return ValueNames(*field.enum_type());
  return {};
}

// Fields of the configuration as --set takes them, `train.steps=`.
Words Assignments(const Tool& tool) {
  Words assignments;
  VisitFields(*tool.configuration->GetDescriptor(), [&](const std::string& path, const FieldDescriptor& field) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) assignments.push_back(absl::StrCat(path, "="));
  });
  return assignments;
}

// The words that `flag` takes; none where it takes any text, a number or a file.
Words ValuesOf(const Tool& tool, const Flag& flag) {
  const auto words = tool.words.find(flag.name);
  if (words != tool.words.end()) return words->second;
  if (flag.name == "set" && tool.configuration != nullptr) return Assignments(tool);
  return ValuesOfType(flag.field());
}

Words FirstWords(const Tool& tool) {
  const auto words = tool.words.find("");
  return words == tool.words.end() ? Words() : words->second;
}

// --- bash ---

std::string BashValues(const Tool& tool, absl::string_view of, const Words& values) {
  if (values.empty()) return "";
  return absl::StrCat("_tally_values[", ShellQuoted(absl::StrCat(tool.name, " ", of)),
                      "]=", ShellQuoted(absl::StrJoin(values, " ")), "\n");
}

// What may stand behind `--set PATH=`.
std::string BashFields(const Tool& tool) {
  std::string text;
  if (tool.configuration == nullptr) return text;
  VisitFields(*tool.configuration->GetDescriptor(), [&](const std::string& path, const FieldDescriptor& field) {
    absl::StrAppend(&text, BashValues(tool, path, ValuesOfType(field)));
  });
  return text;
}

// --- zsh ---

// Help within the brackets of an argument of _arguments.
std::string ZshHelp(absl::string_view help) {
  return absl::StrReplaceAll(help, {{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}, {"\n", " "}, {"`", ""}});
}

// `values` for _values of an argument: (a b), or files.
std::string ZshValues(const Words& values) {
  return values.empty() ? "_files" : absl::StrCat("(", absl::StrJoin(values, " "), ")");
}

// The arguments of _arguments for one flag; of one that needs no value, two.
std::string ZshFlag(const Tool& tool, const Flag& flag) {
  const std::string help = absl::StrCat("[", ZshHelp(HelpOf(flag)), "]");
  const std::string values = absl::StrCat(":", flag.name, ":", ZshValues(ValuesOf(tool, flag)));
  if (flag.IsBool()) {
    return absl::StrCat(ShellQuoted(absl::StrCat("--", flag.name, help)), " ",
                        ShellQuoted(absl::StrCat("--no", flag.name, help)));
  }
  return ShellQuoted(absl::StrCat(flag.field().is_repeated() ? "*" : "", "--", flag.name, "=", help, values));
}

std::string ZshArguments(const Tool& tool) {
  std::string text;
  const Words first = FirstWords(tool);
  if (!first.empty()) {
    const std::string choice = absl::StrCat("\"words:word:", ZshValues(first), "\"");
    absl::StrAppend(&text, " \\\n    ",
                    ShellQuoted(absl::StrCat("1: :_alternative ", choice, " \"files:file:_files\"")));
  }
  if (tool.takes_arguments) absl::StrAppend(&text, " \\\n    '*:file:_files'");
  return text;
}

}  // namespace

std::string BashCompletions(const Tool& tool) {
  Words flags = {"--help", "--version"};
  std::string values = BashValues(tool, "", FirstWords(tool));
  for (const Flag& flag : FlagsOfTool(tool)) {
    flags.push_back(absl::StrCat("--", flag.name, flag.IsBool() ? "" : "="));
    if (flag.IsBool()) flags.push_back(absl::StrCat("--no", flag.name));
    absl::StrAppend(&values, BashValues(tool, absl::StrCat("--", flag.name), ValuesOf(tool, flag)));
  }
  return absl::StrCat("_tally_flags[", tool.name, "]=", ShellQuoted(absl::StrJoin(flags, " ")), "\n", values,
                      BashFields(tool));
}

std::string ZshCompletions(const Tool& tool) {
  std::string text = absl::StrCat("_tally_tools+=(", ShellQuoted(absl::StrCat(tool.name, ":", ZshHelp(tool.purpose))),
                                  ")\n_tally_", tool.name, "() {\n  _arguments -S '--help[print all flags]' ",
                                  "'--version[print version and commit]'");
  for (const Flag& flag : FlagsOfTool(tool)) absl::StrAppend(&text, " \\\n    ", ZshFlag(tool, flag));
  return absl::StrCat(text, ZshArguments(tool), "\n}\n");
}

}  // namespace tally

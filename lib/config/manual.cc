#include "lib/config/manual.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "lib/config/options.h"

namespace tally {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

constexpr size_t kHelpWidth = 100;
constexpr size_t kHelpColumn = 26;  // where the explanations of flags start

bool SetsConfiguration(const Flag& flag) { return OptionOf(flag.field()).has_flag(); }

// --- Text ---

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

// One flag: its name, then its explanation in a column of its own.
std::string FlagText(absl::string_view name, absl::string_view help) {
  const std::string head = absl::StrCat("  --", name);
  const std::string body = Wrap(help, kHelpColumn);
  if (head.size() + 2 > kHelpColumn) return absl::StrCat(head, "\n", body);
  return head + body.substr(head.size());
}

// --- Pages ---

// `text` within a cell of a table.
std::string Cell(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"<", "&lt;"}, {"\n", " "}});
}

std::string Code(absl::string_view text) { return text.empty() ? "" : absl::StrCat("`", text, "`"); }

std::string ChoiceText(const EnumValueDescriptor& value) {
  const std::string& help = ChoiceOf(value).help();
  return absl::StrCat(Code(value.name()), help.empty() ? "" : absl::StrCat(" (", Cell(help), ")"));
}

// What values there are: the range of numbers, the choices of an enum, else the type.
std::string ValuesText(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "`true`, `false`";
    case FieldDescriptor::CPPTYPE_ENUM:
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrCat("number ", RangeText(field));
    default:
      return absl::StrCat("integer ", RangeText(field));
  }
  std::vector<std::string> values;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) values.push_back(ChoiceText(*field.enum_type()->value(i)));
  return absl::StrJoin(values, ", ");
}

std::string OldNamesText(const FieldDescriptor& field) {
  const auto& names = OptionOf(field).old_names();
  return names.empty() ? "" : absl::StrCat("; once ", Code(absl::StrJoin(names, "`, `")));
}

std::string FlagRow(const Flag& flag) {
  const std::string sets = SetsConfiguration(flag) ? absl::StrCat("; sets `", flag.PathText(), "`") : "";
  const std::string values = absl::StrCat(ValuesText(flag.field()), flag.field().is_repeated() ? ", repeated" : "");
  return absl::StrCat("| `--", ShownName(flag), "` | ", absl::StripAsciiWhitespace(values), " | ",
                      Code(DefaultText(flag.field())), " | ", Cell(OptionOf(flag.field()).help()), sets,
                      OldNamesText(flag.field()), " |\n");
}

std::string FieldRow(const FieldDescriptor& field) {
  const FieldOption& option = OptionOf(field);
  const std::string resume = option.may_change_on_resume() ? "; may change on `--resume`" : "";
  const std::string flag = option.has_flag() ? absl::StrCat("; flag `--", option.flag(), "`") : "";
  return absl::StrCat("| `", field.name(), "` | ", absl::StripAsciiWhitespace(ValuesText(field)), " | ",
                      Code(DefaultText(field)), " | ", Cell(option.help()), flag, resume, OldNamesText(field), " |\n");
}

// A section for the fields of `type`, then one for each message within it.
std::string Sections(const Descriptor& type, const std::string& path, const std::string& help) {
  std::string rows, inner;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string longer = absl::StrCat(path, path.empty() ? "" : ".", field.name());
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      absl::StrAppend(&inner, Sections(*field.message_type(), longer, OptionOf(field).help()));
    } else {
      absl::StrAppend(&rows, FieldRow(field));
    }
  }
  const std::string title = path.empty() ? "\n## Whole run\n\n" : absl::StrCat("\n## ", path, "\n\n", help, "\n\n");
  return absl::StrCat(title, "| field | values | default | what it does |\n|---|---|---|---|\n", rows, inner);
}

}  // namespace

std::vector<Flag> FlagsOfTool(const Tool& tool) {
  std::vector<Flag> flags;
  for (google::protobuf::Message* options : tool.options) {
    for (Flag& flag : FlagsOf(options)) flags.push_back(std::move(flag));
  }
  if (tool.configuration == nullptr) return flags;
  for (Flag& flag : NamedFlagsOf(tool.configuration)) flags.push_back(std::move(flag));
  return flags;
}

std::vector<FlagGroup> FlagGroups(const Tool& tool) {
  std::vector<FlagGroup> groups;
  for (const Flag& flag : FlagsOfTool(tool)) {
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& known) { return known.title == flag.group; });
    if (group == groups.end()) group = groups.insert(groups.end(), {flag.group, {}});
    group->flags.push_back(flag);
  }
  return groups;
}

std::string ShownName(const Flag& flag) { return absl::StrCat(flag.IsBool() ? "[no]" : "", flag.name); }

std::string HelpOf(const Flag& flag) {
  const std::string usual = DefaultText(flag.field());
  const std::string end = SetsConfiguration(flag) ? absl::StrCat(" (", flag.PathText(), ")")
                          : usual.empty()         ? ""
                                                  : absl::StrCat(" (default: ", usual, ")");
  return absl::StrCat(OptionOf(flag.field()).help(), end);
}

std::string HelpText(const Tool& tool) {
  std::string text = Wrap(absl::StrCat(tool.name, " - ", tool.purpose), 0);
  absl::StrAppend(&text, "\nUsage: ", tool.synopsis, "\n");
  if (!tool.examples.empty()) absl::StrAppend(&text, "\nExamples:\n");
  for (const ToolExample& example : tool.examples) {
    absl::StrAppend(&text, "  ", example.command, "\n", Wrap(example.comment, 6));
  }
  for (const FlagGroup& group : FlagGroups(tool)) {
    absl::StrAppend(&text, "\n", group.title, ":\n");
    for (const Flag& flag : group.flags) absl::StrAppend(&text, FlagText(ShownName(flag), HelpOf(flag)));
  }
  absl::StrAppend(&text, "\nHelp:\n", FlagText("help", "prints this text"),
                  FlagText("version", "prints version and commit"));
  return text;
}

std::string OptionPage(const Tool& tool) {
  std::string page =
      absl::StrCat("# ", tool.name, "\n\n<!-- Made by scripts/option_pages.sh; edit the options' .proto ",
                   "file or the tool's main.cc. -->\n\n", tool.purpose, "\n\n    ", tool.synopsis, "\n");
  for (const ToolExample& example : tool.examples) {
    absl::StrAppend(&page, "\n- `", example.command, "`: ", example.comment);
  }
  absl::StrAppend(&page, "\n");
  for (const FlagGroup& group : FlagGroups(tool)) {
    absl::StrAppend(&page, "\n## ", group.title, "\n\n| flag | values | default | what it does |\n|---|---|---|---|\n");
    for (const Flag& flag : group.flags) absl::StrAppend(&page, FlagRow(flag));
  }
  return page;
}

std::string ConfigurationPage(const Descriptor& type) {
  return absl::StrCat(
      "# Configuration of a training run\n\n<!-- Made by scripts/option_pages.sh; edit the options' .proto files. "
      "-->\n\n",
      "Fields of `config.textproto`, of `train --config=FILE`, and of `train --set PATH=VALUE`, such as ",
      "`--set model.hidden_size=128`.\n", Sections(type, "", ""));
}

}  // namespace tally

#include "lib/config/flags.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/config/options.h"

namespace tally {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

using Path = std::vector<const FieldDescriptor*>;

// --- Which flags there are ---

// Adds a flag for each field of `type`, at the end of `path`: all of them, or those whose options name one.
void Collect(const Descriptor& type, bool only_named, const Path& path, Message* message, std::vector<Flag>* flags) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    const FieldOption& option = OptionOf(*field);
    Path longer = path;
    longer.push_back(field);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) Collect(*field->message_type(), only_named, longer, message, flags);
      continue;
    }
    if (only_named && !option.has_flag()) continue;
    const std::string before = flags->empty() ? "Flags" : flags->back().group;
    flags->push_back({only_named ? option.flag() : field->name(), option.has_group() ? option.group() : before, message,
                      std::move(longer)});
  }
}

// --- Values ---

// How a value of a type is read and set; false where `text` is none.
template <typename T>
bool SetNumber(absl::string_view text, const FieldDescriptor* field, Message* message,
               bool (*parse)(absl::string_view, T*),
               void (Reflection::*set)(Message*, const FieldDescriptor*, T) const) {
  T value;
  if (!parse(text, &value)) return false;
  (message->GetReflection()->*set)(message, field, value);
  return true;
}

bool SetString(absl::string_view text, const FieldDescriptor* field, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  if (field->is_repeated()) {
    reflection.AddString(message, field, std::string(text));
  } else {
    reflection.SetString(message, field, std::string(text));
  }
  return true;
}

bool SetEnum(absl::string_view text, const FieldDescriptor* field, Message* message) {
  const EnumValueDescriptor* const value = FindValueOfAnyAge(*field->enum_type(), absl::AsciiStrToUpper(text));
  if (value == nullptr) return false;
  message->GetReflection()->SetEnum(message, field, value);
  return true;
}

bool SetValue(absl::string_view text, const FieldDescriptor* field, Message* message) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return SetNumber<int32_t>(text, field, message, absl::SimpleAtoi, &Reflection::SetInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return SetNumber<int64_t>(text, field, message, absl::SimpleAtoi, &Reflection::SetInt64);
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetNumber<uint64_t>(text, field, message, absl::SimpleAtoi, &Reflection::SetUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return SetNumber<double>(text, field, message, absl::SimpleAtod, &Reflection::SetDouble);
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetNumber<bool>(text, field, message, absl::SimpleAtob, &Reflection::SetBool);
    case FieldDescriptor::CPPTYPE_STRING:
      return SetString(text, field, message);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(text, field, message);
    default:
      return false;  // no flag has such a type
  }
}

std::string ExpectedNames(const EnumDescriptor& type, absl::string_view found) {
  const std::vector<std::string> names = ValueNames(type);
  return absl::StrCat("expected one of ", absl::StrJoin(names, ", "), DidYouMean(absl::AsciiStrToUpper(found), names));
}

// What the type of a flag asks for, where `found` is not that.
std::string Expected(const FieldDescriptor& field, absl::string_view found) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "expected true or false";
    case FieldDescriptor::CPPTYPE_UINT64:
      return "expected an integer from 0, within its range";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "expected a number";
    case FieldDescriptor::CPPTYPE_ENUM:
      return ExpectedNames(*field.enum_type(), found);
    default:
      return "expected an integer within its range";
  }
}

// --- Words ---

bool HasName(const Flag& flag, absl::string_view name) {
  const auto& old = OptionOf(flag.field()).old_names();
  return flag.name == name || std::find(old.begin(), old.end(), name) != old.end();
}

// Reads a command line word by word.
class Parser {
 public:
  Parser(const std::vector<std::string>& words, const std::vector<Flag>& flags, absl::string_view tool)
      : words_(words), flags_(flags), tool_(tool) {}

  absl::StatusOr<CommandLine> Parse() {
    while (next_ < words_.size() && !line_.wants_help && !line_.wants_version) {
      TALLY_RETURN_IF_ERROR(ParseWord(words_[next_++]));
    }
    return line_;
  }

 private:
  absl::Status ParseWord(const std::string& word) {
    if (only_arguments_ || word == "-" || !absl::StartsWith(word, "-")) {
      line_.arguments.push_back(word);
    } else if (word == "--") {
      only_arguments_ = true;
    } else if (word == "--help" || absl::StartsWith(word, "--help=")) {
      line_.wants_help = true;
      line_.help_form = word == "--help" ? "" : word.substr(7);
    } else if (word == "--version") {
      line_.wants_version = true;
    } else {
      return ParseFlag(word);
    }
    return absl::OkStatus();
  }

  absl::Status ParseFlag(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = absl::StartsWith(word, "--") ? word.substr(2, equals - 2) : "";
    std::optional<std::string> value;
    if (equals != std::string::npos) value = word.substr(equals + 1);
    const Flag* flag = Find(name);
    if (flag == nullptr && !value.has_value() && absl::StartsWith(name, "no")) {
      flag = Find(name.substr(2));
      if (flag != nullptr && flag->IsBool()) return Set(*flag, name.substr(2), "false");
      flag = nullptr;
    }
    if (flag == nullptr) return Unknown(word.substr(0, equals), name);
    if (!value.has_value() && flag->IsBool()) value = "true";
    if (!value.has_value()) {
      if (next_ == words_.size()) return UsageError(absl::StrCat("--", name, " needs a value"));
      value = words_[next_++];
    }
    return Set(*flag, name, *value);
  }

  absl::Status Set(const Flag& flag, const std::string& name, absl::string_view value) {
    if (name != flag.name) LogLine(absl::StrCat("--", name, " is now --", flag.name));
    return SetFlag(flag, value);
  }

  const Flag* Find(absl::string_view name) const {
    const auto found =
        std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) { return HasName(flag, name); });
    return found == flags_.end() ? nullptr : &*found;
  }

  absl::Status Unknown(absl::string_view word, absl::string_view name) const {
    std::vector<std::string> names;
    for (const Flag& flag : flags_) names.push_back(flag.name);
    names.insert(names.end(), {"help", "version"});
    const std::string nearest = NearestName(name.empty() ? word.substr(1) : name, names);
    const std::string hint = nearest.empty() ? "" : absl::StrCat("; did you mean --", nearest, "?");
    return UsageError(absl::StrCat("unknown flag ", word, hint, " (", tool_, " --help lists them)"));
  }

  const std::vector<std::string>& words_;
  const std::vector<Flag>& flags_;
  const absl::string_view tool_;
  size_t next_ = 0;
  bool only_arguments_ = false;
  CommandLine line_;
};

// Flags of configurations have a name of their own.
absl::Status CheckRangesOfFlags(const std::vector<Flag>& flags) {
  std::set<const Message*> checked;
  for (const Flag& flag : flags) {
    if (OptionOf(flag.field()).has_flag() || !checked.insert(flag.message).second) continue;
    TALLY_RETURN_IF_ERROR(CheckRanges(*flag.message, "--"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string Flag::PathText() const {
  return absl::StrJoin(path, ".", [](std::string* text, const FieldDescriptor* field) { *text += field->name(); });
}

bool Flag::IsBool() const { return field().cpp_type() == FieldDescriptor::CPPTYPE_BOOL; }

std::vector<Flag> FlagsOf(Message* options) {
  std::vector<Flag> flags;
  Collect(*options->GetDescriptor(), /*only_named=*/false, {}, options, &flags);
  return flags;
}

std::vector<Flag> NamedFlagsOf(Message* configuration) {
  std::vector<Flag> flags;
  Collect(*configuration->GetDescriptor(), /*only_named=*/true, {}, configuration, &flags);
  return flags;
}

absl::Status SetFlag(const Flag& flag, absl::string_view text) {
  Message* message = flag.message;
  for (size_t i = 0; i + 1 < flag.path.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, flag.path[i]);
  }
  if (SetValue(text, &flag.field(), message)) return absl::OkStatus();
  return UsageError(absl::StrCat("bad value \"", text, "\" for --", flag.name, ": ", Expected(flag.field(), text)));
}

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& words, const std::vector<Flag>& flags,
                                             absl::string_view tool) {
  TALLY_ASSIGN_OR_RETURN(CommandLine line, Parser(words, flags, tool).Parse());
  if (line.wants_help || line.wants_version) return line;
  TALLY_RETURN_IF_ERROR(CheckRangesOfFlags(flags));
  return line;
}

}  // namespace tally

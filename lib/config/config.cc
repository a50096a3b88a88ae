#include "lib/config/config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>  // ErrorCollector
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/config/options.h"

namespace tally {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

// `type` and the types of all messages within it, each once.
void CollectTypes(const Descriptor* type, std::set<const Descriptor*>* types) {
  if (!types->insert(type).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->field(i)->message_type() != nullptr) CollectTypes(type->field(i)->message_type(), types);
  }
}

// The hint to add to a message of the parser about a message of type `root`. The parser has no hook for its errors;
// wordings of another release would cost the hint, not the message.
std::string Hint(const std::string& message, const Descriptor* root) {
  static const RE2 no_field("Message type \"([^\"]+)\" has no field named \"([^\"]+)\"");
  static const RE2 no_value("Unknown enumeration value of \"([^\"]+)\" for field \"([^\"]+)\"");
  std::string first, second;
  const bool is_field = RE2::PartialMatch(message, no_field, &first, &second);
  if (!is_field && !RE2::PartialMatch(message, no_value, &first, &second)) return "";
  std::set<const Descriptor*> types;
  CollectTypes(root, &types);
  std::map<std::string, std::vector<std::string>> values_of;  // of the types of fields that are called so
  for (const Descriptor* type : types) {
    if (is_field && type->full_name() == first) return DidYouMean(second, FieldNames(*type));
    const FieldDescriptor* field = type->FindFieldByName(second);
    if (is_field || field == nullptr || field->enum_type() == nullptr) continue;
    values_of[field->enum_type()->full_name()] = ValueNames(*field->enum_type());
  }
  std::vector<std::string> values;
  for (const auto& [type, names] : values_of) values.insert(values.end(), names.begin(), names.end());
  // Where several fields are called so, the message does not tell which one was meant.
  return absl::StrCat(values_of.size() == 1 ? absl::StrCat(", expected ", absl::StrJoin(values, ", ")) : "",
                      DidYouMean(absl::AsciiStrToUpper(first), values));
}

// Keeps the first error; the parser's lines and columns count from 0, -1 where there is none.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const Descriptor* root) : root_(root) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (!message_.empty()) return;
    message_ = absl::StrCat(absl::StripSuffix(message, "."), Hint(message, root_));
    place_ = absl::StrCat(std::max(line, 0) + 1, ":", std::max(column, 0) + 1);
  }

  const std::string& message() const { return message_; }
  const std::string& place() const { return place_; }  // LINE:COLUMN

 private:
  const Descriptor* const root_;
  std::string message_;
  std::string place_;
};

// A parser of text format for messages of a type, which keeps its first error.
struct ConfigParser {
  explicit ConfigParser(const Descriptor* root) : error(root) {
    parser.AllowPartialMessage(true);  // what is required may be set by a later assignment
    parser.RecordErrorsTo(&error);
  }

  FirstError error;
  TextFormat::Parser parser;
};

using OldNames = std::vector<OldName>;

void Note(const FieldDescriptor& field, absl::string_view name, OldNames* old_names) {
  if (field.name() != name) old_names->push_back({1, std::string(name), field.name()});
}

// The field of messages of type `type` that is, or was, called `name`.
absl::StatusOr<const FieldDescriptor*> FindField(const Descriptor* type, absl::string_view name, OldNames* old_names) {
  const FieldDescriptor* field = FindFieldOfAnyAge(*type, name);
  if (field != nullptr) {
    Note(*field, name, old_names);
    return field;
  }
  return UsageError(
      absl::StrCat("there is no field \"", name, "\" in ", type->name(), DidYouMean(name, FieldNames(*type))));
}

// `value` as text format writes it for `field`: a bare string gets its quotes, an enum's value its capitals.
std::string AsText(const FieldDescriptor& field, absl::string_view value) {
  if (const auto* const type = field.enum_type(); type != nullptr) {
    const std::string upper = absl::AsciiStrToUpper(value);
    return FindValueOfAnyAge(*type, upper) != nullptr ? upper : std::string(value);
  }
  const bool quoted = !value.empty() && (value[0] == '"' || value[0] == '\'');
  const bool list = field.is_repeated() && !value.empty() && value[0] == '[';
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING || quoted || list) return std::string(value);
  return absl::StrCat("\"", absl::CEscape(value), "\"");
}

// Sets `field` of `message`. A first parse into an empty message makes sure that `value` is one value: text such as
// `1 steps: 2` would set other fields too.
absl::Status SetField(const FieldDescriptor& field, absl::string_view value, OldNames* old_names, Message* message) {
  ConfigParser config(message->GetDescriptor());
  const std::string text =
      ReplaceOldNames(absl::StrCat(field.name(), ": ", AsText(field, value)), *message->GetDescriptor(), old_names);
  const std::unique_ptr<Message> probe(message->New());
  if (!config.parser.ParseFromString(text, probe.get())) return UsageError(config.error.message());
  std::vector<const FieldDescriptor*> set;
  probe->GetReflection()->ListFields(*probe, &set);
  if (set.size() > 1 || (set.size() == 1 && set[0] != &field)) {
    return UsageError(absl::StrCat("expected one value, found \"", value, "\""));
  }
  return config.parser.MergeFromString(text, message) ? absl::OkStatus() : UsageError(config.error.message());
}

absl::Status SetPath(absl::string_view path, absl::string_view value, OldNames* old_names, Message* message) {
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  for (size_t i = 0;; ++i) {
    TALLY_ASSIGN_OR_RETURN(const FieldDescriptor* field, FindField(message->GetDescriptor(), names[i], old_names));
    if (i + 1 == names.size()) return SetField(*field, value, old_names, message);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) {
      return UsageError(absl::StrCat("field \"", names[i], "\" has no fields of its own to set"));
    }
    message = message->GetReflection()->MutableMessage(message, field);
  }
}

// Replaces `config` by `changed`, which is of the same type.
void Replace(Message* changed, Message* config) { config->GetReflection()->Swap(config, changed); }

std::unique_ptr<Message> Copy(const Message& message) {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

// Sets `field`, a single value that is not set, to its default.
void SetToDefault(const FieldDescriptor* field, Message* message) {
  const Reflection* const r = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return r->SetInt32(message, field, field->default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return r->SetInt64(message, field, field->default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return r->SetUInt32(message, field, field->default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return r->SetUInt64(message, field, field->default_value_uint64());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return r->SetFloat(message, field, field->default_value_float());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return r->SetDouble(message, field, field->default_value_double());
    case FieldDescriptor::CPPTYPE_BOOL:
      return r->SetBool(message, field, field->default_value_bool());
    case FieldDescriptor::CPPTYPE_ENUM:
      return r->SetEnum(message, field, field->default_value_enum());
    case FieldDescriptor::CPPTYPE_STRING:
      return r->SetString(message, field, field->default_value_string());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

// As MergeConfigText; the old names in the text are added to `old_names`.
absl::Status Merge(absl::string_view text, absl::string_view name, OldNames* old_names, Message* config) {
  ConfigParser reader(config->GetDescriptor());
  const std::unique_ptr<Message> changed = Copy(*config);
  if (!reader.parser.MergeFromString(ReplaceOldNames(text, *config->GetDescriptor(), old_names), changed.get())) {
    return UsageError(absl::StrCat(name, ":", reader.error.place(), ": ", reader.error.message()));
  }
  Replace(changed.get(), config);
  return absl::OkStatus();
}

}  // namespace

absl::Status MergeConfigFile(const std::string& path, Message* config) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxConfigBytes));
  const std::string name = InputName(path);
  OldNames old_names;
  TALLY_RETURN_IF_ERROR(Merge(text, name, &old_names, config));
  for (const OldName& old : old_names) LogLine(absl::StrCat(name, ":", old.line, ": ", OldNameNotice(old)));
  return absl::OkStatus();
}

absl::Status MergeConfigText(absl::string_view text, absl::string_view name, Message* config) {
  OldNames old_names;
  return Merge(text, name, &old_names, config);
}

absl::Status SetConfigField(absl::string_view assignment, Message* config) {
  const size_t equals = assignment.find('=');
  if (equals == absl::string_view::npos) {
    return UsageError(absl::StrCat("setting \"", assignment, "\": expected FIELD=VALUE"));
  }
  const std::unique_ptr<Message> changed = Copy(*config);
  OldNames old_names;
  const absl::Status status =
      SetPath(assignment.substr(0, equals), assignment.substr(equals + 1), &old_names, changed.get());
  if (!status.ok()) return UsageError(absl::StrCat("setting \"", assignment, "\": ", status.message()));
  for (const OldName& old : old_names) LogLine(absl::StrCat("setting \"", assignment, "\": ", OldNameNotice(old)));
  Replace(changed.get(), config);
  return absl::OkStatus();
}

void FillDefaults(Message* message) {
  const Reflection* const reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = message->GetDescriptor()->field(i);
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      FillDefaults(reflection->MutableMessage(message, field));
    } else if (!reflection->HasField(*message, field)) {
      SetToDefault(field, message);
    }
  }
}

std::string PrintConfig(const Message& config) {
  std::string text;
  TextFormat::PrintToString(config, &text);
  return text;
}

}  // namespace tally

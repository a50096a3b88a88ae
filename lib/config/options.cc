#include "lib/config/options.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The bound of a field that has the other one only. Doubles count up to it exactly, with room to add.
constexpr double kLargest = 1e15;

// The prefix of flags, which have no path.
constexpr absl::string_view kOfFlags = "--";

template <typename Names>
bool Contains(const Names& names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool HasRange(const FieldOption& option) { return option.has_min() || option.has_max(); }
double Min(const FieldOption& option) { return option.has_min() ? option.min() : -kLargest; }
double Max(const FieldOption& option) { return option.has_max() ? option.max() : kLargest; }

// The number that `field`, a single one, has in `message`; nothing for other types.
std::optional<double> NumberIn(const Message& message, const FieldDescriptor& field) {
  const Reflection& r = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return r.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return r.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return r.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return r.GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return r.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return r.GetDouble(message, &field);
    default:
      return std::nullopt;
  }
}

absl::Status CheckNumber(double number, const FieldDescriptor& field, absl::string_view prefix) {
  const FieldOption& option = OptionOf(field);
  const bool within = !HasRange(option) || (number >= Min(option) && number <= Max(option));
  if (within && std::isfinite(number)) return absl::OkStatus();
  const std::string expected = HasRange(option) ? RangeText(field) : "a finite number";
  const char* const is = prefix == kOfFlags ? "=" : " is ";
  return UsageError(absl::StrFormat("%s%s%s%.10g; expected %s", prefix, field.name(), is, number, expected));
}

bool IsMessage(const FieldDescriptor& field) { return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE; }

void Visit(const Descriptor& type, const std::string& prefix,
           absl::FunctionRef<void(const std::string&, const FieldDescriptor&)> visit) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string path = absl::StrCat(prefix, field.name());
    visit(path, field);
    if (IsMessage(field) && !field.is_repeated()) Visit(*field.message_type(), absl::StrCat(path, "."), visit);
  }
}

// The default instance of a type that is compiled in.
const Message& DefaultOf(const Descriptor& type) {
  return *google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
}

void CheckDeclaration(const std::string& path, const FieldDescriptor& field, std::vector<std::string>* defects) {
  const FieldOption& option = OptionOf(field);
  if (option.help().empty()) defects->push_back(absl::StrCat(path, ": has no help"));
  for (const std::string& name : option.old_names()) {
    if (FindFieldOfAnyAge(*field.containing_type(), name) != &field) {
      defects->push_back(absl::StrCat(path, ": its old name ", name, " is that of another field"));
    }
  }
  if (field.is_repeated()) return;
  const std::optional<double> number = NumberIn(DefaultOf(*field.containing_type()), field);
  if (!number.has_value() && HasRange(option)) defects->push_back(absl::StrCat(path, ": has a range and no numbers"));
  if (!number.has_value()) return;
  const absl::Status status = CheckNumber(*number, field, "default of ");
  if (!status.ok()) defects->push_back(absl::StrCat(path, ": ", status.message()));
}

}  // namespace

const FieldOption& OptionOf(const FieldDescriptor& field) { return field.options().GetExtension(option); }

const ChoiceOption& ChoiceOf(const EnumValueDescriptor& value) { return value.options().GetExtension(choice); }

const FieldDescriptor* FindFieldOfAnyAge(const Descriptor& type, absl::string_view name) {
  const FieldDescriptor* const field = type.FindFieldByName(std::string(name));
  if (field != nullptr) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (Contains(OptionOf(*type.field(i)).old_names(), name)) return type.field(i);
  }
  return nullptr;
}

const EnumValueDescriptor* FindValueOfAnyAge(const EnumDescriptor& type, absl::string_view name) {
  const EnumValueDescriptor* const value = type.FindValueByName(std::string(name));
  if (value != nullptr) return value;
  for (int i = 0; i < type.value_count(); ++i) {
    if (Contains(ChoiceOf(*type.value(i)).old_names(), name)) return type.value(i);
  }
  return nullptr;
}

std::vector<std::string> ValueNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return names;
}

std::string RangeText(const FieldDescriptor& field) {
  const FieldOption& option = OptionOf(field);
  if (!HasRange(option)) return "";
  const std::string min = option.has_min() ? absl::StrFormat("%.10g", option.min()) : "";
  const std::string max = option.has_max() ? absl::StrFormat("%.10g", option.max()) : "";
  return absl::StrCat(min, "..", max);
}

std::string DefaultText(const FieldDescriptor& field) {
  if (field.is_repeated() || IsMessage(field)) return "";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.default_value_string();
    case FieldDescriptor::CPPTYPE_ENUM:
      return field.default_value_enum()->name();
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.default_value_bool() ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(field.default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(field.default_value_uint64());
    default:
      return absl::StrFormat("%.10g", *NumberIn(DefaultOf(*field.containing_type()), field));
  }
}

absl::Status CheckRanges(const Message& message, absl::string_view prefix) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);  // what is not set has its default, which is in range
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated()) continue;
    if (IsMessage(*field)) {
      const Message& inner = message.GetReflection()->GetMessage(message, field);
      const std::string path = absl::StrCat(prefix, field->name(), ".");
      TALLY_RETURN_IF_ERROR(CheckRanges(inner, prefix == kOfFlags ? prefix : path));
    } else if (const std::optional<double> number = NumberIn(message, *field)) {
      TALLY_RETURN_IF_ERROR(CheckNumber(*number, *field, prefix));
    }
  }
  return absl::OkStatus();
}

void ClearWhatMayChangeOnResume(Message* message) {
  std::vector<const FieldDescriptor*> fields;
  message->GetReflection()->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (OptionOf(*field).may_change_on_resume()) {
      message->GetReflection()->ClearField(message, field);
    } else if (IsMessage(*field) && !field->is_repeated()) {
      ClearWhatMayChangeOnResume(message->GetReflection()->MutableMessage(message, field));
    }
  }
}

void KeepWhatMayChangeOnResume(Message* message) {
  std::vector<const FieldDescriptor*> fields;
  message->GetReflection()->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (OptionOf(*field).may_change_on_resume()) continue;
    if (IsMessage(*field) && !field->is_repeated()) {
      Message* const inner = message->GetReflection()->MutableMessage(message, field);
      KeepWhatMayChangeOnResume(inner);
      if (inner->ByteSizeLong() > 0) continue;
    }
    message->GetReflection()->ClearField(message, field);
  }
}

void VisitFields(const Descriptor& type,
                 absl::FunctionRef<void(const std::string& path, const FieldDescriptor& field)> visit) {
  Visit(type, "", visit);
}

std::vector<std::string> OptionDefects(const Descriptor& type) {
  std::vector<std::string> defects;
  VisitFields(type,
              [&](const std::string& path, const FieldDescriptor& field) { CheckDeclaration(path, field, &defects); });
  return defects;
}

}  // namespace tally

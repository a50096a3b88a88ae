#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/config/config.h"

namespace tally {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

std::string ValueText(const Message& message, const FieldDescriptor* field) {
  std::string text;
  if (!field->is_repeated()) {
    TextFormat::PrintFieldValueToString(message, field, -1, &text);
    return text;
  }
  std::vector<std::string> values;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    TextFormat::PrintFieldValueToString(message, field, i, &text);
    values.push_back(text);
  }
  return absl::StrCat("[", absl::StrJoin(values, ", "), "]");
}

void Collect(const Message& before, const Message& after, const std::string& prefix, const std::string& source,
             std::vector<Override>* overrides) {
  for (int i = 0; i < before.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = before.GetDescriptor()->field(i);
    const std::string path = absl::StrCat(prefix, field->name());
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated()) {
      Collect(before.GetReflection()->GetMessage(before, field), after.GetReflection()->GetMessage(after, field),
              absl::StrCat(path, "."), source, overrides);
      continue;
    }
    std::string old_value = ValueText(before, field), new_value = ValueText(after, field);
    if (old_value != new_value) overrides->push_back({path, std::move(old_value), std::move(new_value), source});
  }
}

}  // namespace

std::vector<Override> Overrides(const Message& before, const Message& after, const std::string& source) {
  std::vector<Override> overrides;
  Collect(before, after, "", source, &overrides);
  return overrides;
}

std::string OverrideText(const Override& change) {
  return absl::StrCat(change.path, ": ", change.before, " -> ", change.after, " (", change.source, ")");
}

}  // namespace tally

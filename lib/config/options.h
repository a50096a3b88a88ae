// What the fields of option messages say about themselves (field_options.proto), read by reflection. Each option is
// written once, in the message that owns it; ranges, names and what may change on resume all come from there.
// Text-format files with names that fields and enum values had are still read.
#ifndef TALLY_LIB_CONFIG_OPTIONS_H_
#define TALLY_LIB_CONFIG_OPTIONS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/config/field_options.pb.h"

namespace tally {

// What `field` says about itself; the default instance where it says nothing. Lives as long as `field`.
const FieldOption& OptionOf(const google::protobuf::FieldDescriptor& field);
const ChoiceOption& ChoiceOf(const google::protobuf::EnumValueDescriptor& value);

// The field of `type`, or the value of `type`, that has or had this name; null where there is none.
const google::protobuf::FieldDescriptor* FindFieldOfAnyAge(const google::protobuf::Descriptor& type,
                                                           absl::string_view name);
const google::protobuf::EnumValueDescriptor* FindValueOfAnyAge(const google::protobuf::EnumDescriptor& type,
                                                               absl::string_view name);

// The names of the values of `type`, in its order.
std::vector<std::string> ValueNames(const google::protobuf::EnumDescriptor& type);

// The numbers that `field` may have: `0..1`; `1..` without an upper bound; "" where any number will do.
std::string RangeText(const google::protobuf::FieldDescriptor& field);

// The default of `field` as text format writes it, strings without quotes; "" for messages and repeated fields.
std::string DefaultText(const google::protobuf::FieldDescriptor& field);

// UsageError naming the first number of `message`, or of the messages within it, that is not in its field's range or
// not finite: `PREFIXfield is 3; expected 0..2`. The prefix is that of the path, such as `train.`, or `--` for flags.
absl::Status CheckRanges(const google::protobuf::Message& message, absl::string_view prefix);

// Clears the fields of `message`, and of the messages within it, that a continued run may have others of.
void ClearWhatMayChangeOnResume(google::protobuf::Message* message);

// Clears all others.
void KeepWhatMayChangeOnResume(google::protobuf::Message* message);

// Calls `visit` with each field of `type` and of the messages within it, in the order of the .proto files, and its path
// from `type`, such as `model.attention.heads`. Fields of repeated messages are not visited.
void VisitFields(
    const google::protobuf::Descriptor& type,
    absl::FunctionRef<void(const std::string& path, const google::protobuf::FieldDescriptor& field)> visit);

// What is wrong with the fields of `type` and of the messages within it, one line each: no help, a default outside of
// the range, an old name that another field has. For tests.
std::vector<std::string> OptionDefects(const google::protobuf::Descriptor& type);

// An old name of a field or value that stood in a text.
struct OldName {
  int line;  // from 1
  std::string old_name;
  std::string new_name;
};

// Text format `text` of a message of type `type`, with old names (field_options.proto) replaced by the new ones; each
// is added to `found`. Lines stay where they are. Text that is not in text format comes back with what was replaced
// before the parser of protobuf will refuse it.
std::string ReplaceOldNames(absl::string_view text, const google::protobuf::Descriptor& type,
                            std::vector<OldName>* found);

// The line that tells of an old name: `far_jitter is now far_key_bias_jitter`.
std::string OldNameNotice(const OldName& name);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_OPTIONS_H_

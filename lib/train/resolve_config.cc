#include "lib/train/resolve_config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "absl/functional/function_ref.h"
#include "lib/base/config.h"
#include "lib/base/status_macros.h"
#include "lib/train/run_folder.h"

namespace tally {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

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

// Makes the defaults of `message` explicit.
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

absl::Status SetFields(const std::vector<std::string>& assignments, RunConfig* config) {
  for (const std::string& assignment : assignments) TALLY_RETURN_IF_ERROR(SetConfigField(assignment, config));
  return absl::OkStatus();
}

// Merges a source into `config`. Merging makes lists longer: data that the source does not name are kept, others go.
absl::Status MergeSource(absl::FunctionRef<absl::Status()> merge, RunConfig* config) {
  const std::vector<std::string> earlier(config->data().begin(), config->data().end());
  config->clear_data();
  TALLY_RETURN_IF_ERROR(merge());
  if (config->data_size() == 0) config->mutable_data()->Assign(earlier.begin(), earlier.end());
  return absl::OkStatus();
}

void ApplyFlags(const ConfigSources& sources, RunConfig* config) {
  TrainConfig* const train = config->mutable_train();
  if (!sources.data.empty()) config->mutable_data()->Assign(sources.data.begin(), sources.data.end());
  if (sources.steps || sources.minutes) {
    train->set_steps(sources.steps.value_or(0));
    train->set_minutes(sources.minutes.value_or(0));
  }
  if (sources.seed) train->set_seed(*sources.seed);
  if (sources.threads) train->set_threads(*sources.threads);
  if (sources.keep_last) train->set_keep_last(*sources.keep_last);
  if (sources.keep_every) train->set_keep_every_steps(*sources.keep_every);
}

}  // namespace

absl::StatusOr<RunConfig> ResolveConfig(const ConfigSources& sources) {
  RunConfig config;
  if (!sources.run.empty() && RunExists(sources.run)) {
    TALLY_ASSIGN_OR_RETURN(config, ReadRunConfig(sources.run));
  }
  if (!sources.file.empty()) {
    TALLY_RETURN_IF_ERROR(MergeSource([&] { return MergeConfigFile(sources.file, &config); }, &config));
  }
  TALLY_RETURN_IF_ERROR(MergeSource([&] { return SetFields(sources.assignments, &config); }, &config));
  ApplyFlags(sources, &config);
  const bool stream = config.data_size() == 1 && config.data(0) == "-";
  if (stream) config.mutable_train()->set_data_order(TrainConfig::SEQUENTIAL);
  FillDefaults(&config);
  return config;
}

}  // namespace tally

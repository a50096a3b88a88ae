#include "lib/train/resolve_config.h"

#include "absl/functional/function_ref.h"
#include "lib/base/status_macros.h"
#include "lib/runs/run_folder.h"

namespace tally {
namespace {

// Lets `merge` change the configuration and notes what it did, as the work of `source`. Merging makes lists longer:
// data that the source does not name are kept, others go. AUTO leaves the precision that a run has begun with.
absl::Status AddLayer(const std::string& source, absl::FunctionRef<absl::Status(RunConfig*)> merge,
                      ResolvedConfig* resolved) {
  RunConfig changed = resolved->config;
  changed.clear_data();
  TALLY_RETURN_IF_ERROR(merge(&changed));
  if (changed.data().empty()) *changed.mutable_data() = resolved->config.data();
  if (resolved->continues && changed.train().precision() == TrainConfig::AUTO) {
    changed.mutable_train()->set_precision(resolved->config.train().precision());
  }
  for (Override& change : Overrides(resolved->config, changed, source)) {
    resolved->overrides.push_back(std::move(change));
  }
  resolved->config = std::move(changed);
  return absl::OkStatus();
}

absl::Status SetFields(const std::vector<std::string>& assignments, RunConfig* config) {
  for (const std::string& assignment : assignments) TALLY_RETURN_IF_ERROR(SetConfigField(assignment, config));
  return absl::OkStatus();
}

absl::Status ApplyFlags(const RunConfig& flags, RunConfig* config) {
  if (flags.train().has_steps() || flags.train().has_minutes()) {
    config->mutable_train()->set_steps(0);
    config->mutable_train()->set_minutes(0);
  }
  config->MergeFrom(flags);
  return absl::OkStatus();
}

absl::Status TakeInOrder(RunConfig* config) {
  config->mutable_train()->set_data_order(TrainConfig::SEQUENTIAL);
  return absl::OkStatus();
}

}  // namespace

bool ReadsStream(const RunConfig& config) { return config.data_size() == 1 && config.data(0) == "-"; }

absl::StatusOr<ResolvedConfig> ResolveConfig(const ConfigSources& sources) {
  ResolvedConfig resolved;
  if (!sources.run.empty()) {
    TALLY_ASSIGN_OR_RETURN(resolved.continues, RunExists(sources.run));
  }
  if (resolved.continues) {
    TALLY_ASSIGN_OR_RETURN(resolved.config, ReadRunConfig(sources.run, sources.accept_edits));
  }
  for (const std::string& file : sources.files) {
    if (file.empty()) continue;  // --config="$CONFIG" of a script that has none
    TALLY_RETURN_IF_ERROR(AddLayer(
        file, [&](RunConfig* config) { return MergeConfigFile(file, config); }, &resolved));
  }
  TALLY_RETURN_IF_ERROR(AddLayer(
      "--set", [&](RunConfig* config) { return SetFields(sources.assignments, config); }, &resolved));
  TALLY_RETURN_IF_ERROR(AddLayer(
      "flags", [&](RunConfig* config) { return ApplyFlags(sources.flags, config); }, &resolved));
  if (ReadsStream(resolved.config)) TALLY_RETURN_IF_ERROR(AddLayer("a token stream", TakeInOrder, &resolved));
  FillDefaults(&resolved.config);
  return resolved;
}

}  // namespace tally

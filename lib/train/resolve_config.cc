#include "lib/train/resolve_config.h"

#include "absl/functional/function_ref.h"
#include "lib/base/status_macros.h"
#include "lib/config/config.h"
#include "lib/runs/run_folder.h"

namespace tally {
namespace {

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

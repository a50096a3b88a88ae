#include "lib/train/sweep/sweep_plan.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/batches/batches.h"
#include "lib/config/config.h"
#include "lib/config/flags.h"
#include "lib/eval/evaluate_options.h"

namespace tally {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

absl::Status WithPrefix(const std::string& prefix, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(prefix, status.message()));
}

absl::Status CheckAxis(const SweepAxis& axis) {
  if (axis.field().empty()) return UsageError("an axis without a field; expected one such as train.batch_size");
  if (axis.value().empty()) return UsageError(absl::StrCat("axis ", axis.field(), " has no value; expected some"));
  return absl::OkStatus();
}

// The choices of an axis, or of axes in step: what each sets.
absl::StatusOr<std::vector<Values>> Choices(const google::protobuf::RepeatedPtrField<SweepAxis>& axes) {
  if (axes.empty()) return UsageError("`together` without an axis; expected at least two");
  std::vector<Values> choices;
  for (const SweepAxis& axis : axes) {
    TALLY_RETURN_IF_ERROR(CheckAxis(axis));
    if (choices.empty()) choices.resize(axis.value_size());
    if (choices.size() != axis.value_size()) {
      return UsageError(absl::StrCat("axes together: ", axes[0].field(), " has ", choices.size(), " values and ",
                                     axis.field(), " ", axis.value_size(), "; expected as many"));
    }
    for (size_t i = 0; i < choices.size(); ++i) choices[i].emplace_back(axis.field(), axis.value(i));
  }
  return choices;
}

// Every combination of the axes' values, the last axis the quickest. UsageError also where there are too many.
absl::StatusOr<std::vector<Values>> Combinations(const Sweep& sweep) {
  std::vector<std::vector<Values>> axes;
  for (const SweepAxis& axis : sweep.axis()) {
    SweepTogether alone;
    *alone.add_axis() = axis;
    TALLY_ASSIGN_OR_RETURN(axes.emplace_back(), Choices(alone.axis()));
  }
  for (const SweepTogether& together : sweep.together()) {
    TALLY_ASSIGN_OR_RETURN(axes.emplace_back(), Choices(together.axis()));
  }
  std::vector<Values> all = {{}};
  for (const std::vector<Values>& axis : axes) {
    std::vector<Values> longer;
    if (all.size() * axis.size() > kMostSweepRuns) {
      return UsageError(absl::StrCat("more than ", kMostSweepRuns, " combinations; expected fewer"));
    }
    for (const Values& before : all) {
      for (const Values& choice : axis) {
        longer.push_back(before);
        longer.back().insert(longer.back().end(), choice.begin(), choice.end());
      }
    }
    all = std::move(longer);
  }
  return all;
}

// The runs of the sweep without their configurations.
absl::StatusOr<std::vector<SweepRun>> ListRuns(const Sweep& sweep) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<Values> combinations, Combinations(sweep));
  std::vector<std::optional<uint64_t>> seeds(sweep.seed().begin(), sweep.seed().end());
  if (seeds.empty()) seeds.push_back(std::nullopt);
  if (seeds.size() * combinations.size() > kMostSweepRuns) {
    return UsageError(
        absl::StrCat("found ", seeds.size() * combinations.size(), " runs; expected at most ", kMostSweepRuns));
  }
  std::vector<SweepRun> runs;
  for (const auto& seed : seeds) {
    for (const Values& values : combinations) runs.push_back({static_cast<int64_t>(runs.size()) + 1, values, seed});
  }
  return runs;
}

absl::StatusOr<RunConfig> BaseConfig(const Sweep& sweep, ConfigSources sources) {
  sources.files.insert(sources.files.begin(), sweep.config().begin(), sweep.config().end());
  sources.assignments.insert(sources.assignments.begin(), sweep.set().begin(), sweep.set().end());
  sources.assignments.insert(sources.assignments.begin(), absl::StrCat("train.threads=", sweep.threads()));
  TALLY_ASSIGN_OR_RETURN(ResolvedConfig resolved, ResolveConfig(sources));
  return std::move(resolved.config);
}

absl::StatusOr<RunConfig> ConfigOf(const SweepRun& run, RunConfig config) {
  for (const auto& [field, value] : run.values) {
    if (field == "data") config.clear_data();  // which would grow
    TALLY_RETURN_IF_ERROR(SetConfigField(absl::StrCat(field, "=", value), &config));
  }
  if (run.seed) config.mutable_train()->set_seed(*run.seed);
  return config;
}

absl::Status CheckData(const RunConfig& config) {
  if (config.data().empty()) return UsageError("data is missing; expected a token data set");
  TALLY_ASSIGN_OR_RETURN(const std::vector<DataPath> data,
                         ParseDataPaths({config.data().begin(), config.data().end()}));
  for (const DataPath& file : data) {
    if (file.path == "-") return UsageError("data is a stream; the runs of a sweep expect files");
    TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(file.path));
    if (there) continue;
    return MissingInputError(absl::StrCat("data: ", file.path, " is not there; expected a token data set"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<PlannedRun>> PlanSweep(const std::string& name, const Sweep& sweep,
                                                  const ConfigSources& base) {
  const absl::StatusOr<std::vector<SweepRun>> runs = ListRuns(sweep);
  if (!runs.ok()) return WithPrefix(name + ": ", runs.status());
  const absl::StatusOr<RunConfig> config = BaseConfig(sweep, base);
  if (!config.ok()) return WithPrefix(name + ": ", config.status());
  std::vector<PlannedRun> planned;
  std::map<std::string, int64_t> numbers;  // by configuration
  for (const SweepRun& run : *runs) {
    const std::string prefix = absl::StrCat(name, ": run ", run.number, " (", SweepRunName(run), "): ");
    absl::StatusOr<RunConfig> own = ConfigOf(run, *config);
    if (!own.ok()) return WithPrefix(prefix, own.status());
    for (const absl::Status& status : {CheckConfig(*own), CheckData(*own)}) {
      if (!status.ok()) return WithPrefix(prefix, status);
    }
    const auto [twin, is_new] = numbers.emplace(PrintConfig(*own), run.number);
    if (!is_new) return UsageError(absl::StrCat(prefix, "has the configuration of run ", twin->second));
    planned.push_back({run, *std::move(own)});
  }
  return planned;
}

absl::Status CheckEvalFlags(const std::string& name, const std::vector<std::string>& words) {
  if (words.empty()) return absl::OkStatus();
  const std::string prefix = name + ": eval: ";
  EvaluationFlags asked;
  EvalGridFlags grid;
  std::vector<Flag> flags = FlagsOf(&asked);
  for (const Flag& flag : FlagsOf(&grid)) flags.push_back(flag);
  const absl::StatusOr<CommandLine> line = ParseCommandLine(words, flags, "eval");
  if (!line.ok()) return WithPrefix(prefix, line.status());
  if (!line->arguments.empty() || line->wants_help || line->wants_version) {
    return UsageError(
        absl::StrCat(prefix, "found \"", words[0], "\"; expected flags such as --rows=1..20:5, a text each"));
  }
  if (asked.inference().has_model() || asked.has_out() || asked.has_shard()) {
    return UsageError(prefix + "the sweep sets --model, --out and --shard itself; expected none of them");
  }
  asked.mutable_inference()->set_model("run");
  const auto check = [&]() -> absl::Status {
    TALLY_ASSIGN_OR_RETURN(const EvaluateOptions options, OptionsOfEval(asked, grid));
    TALLY_RETURN_IF_ERROR(ParseRecurrences(asked.recurrences()).status());
    return ValidateEvaluateOptions(options);
  };
  const absl::Status status = check();
  return status.ok() ? status : WithPrefix(prefix, status);
}

}  // namespace tally

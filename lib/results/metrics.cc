#include "lib/results/metrics.h"

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using Json = nlohmann::json;

absl::Status KeyError(const char* key, const Json& line, const char* expected) {
  const auto found = line.find(key);
  return BadInputError(absl::StrCat("key ", key, ": found ", found == line.end() ? "nothing" : ShortJson(*found),
                                    ", expected ", expected));
}

// Sets `measure` to the number under `key`; NaN where there is none.
absl::Status ReadMeasure(const Json& line, const char* key, double* measure) {
  *measure = std::numeric_limits<double>::quiet_NaN();
  const auto found = line.find(key);
  if (found == line.end() || found->is_null()) return absl::OkStatus();
  if (!found->is_number()) return KeyError(key, line, "a number");
  *measure = found->get<double>();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoggedStep> LoggedStepFromJson(absl::string_view line) {
  const Json json = ParseJson(line);
  if (!json.is_object()) return BadInputError("found no JSON object, expected metrics written by train");
  const auto step = json.find("step"), seconds = json.find("seconds");
  if (step == json.end() || !IsInt64(*step) || *step < 0) {
    return KeyError("step", json, "a whole number, 0 or more");
  }
  if (seconds == json.end() || !seconds->is_number() || *seconds < 0) {
    return KeyError("seconds", json, "a number, 0 or more");
  }
  LoggedStep logged;
  logged.step = step->get<int64_t>();
  logged.seconds = seconds->get<double>();
  TALLY_RETURN_IF_ERROR(ReadMeasure(json, "loss", &logged.loss));
  TALLY_RETURN_IF_ERROR(ReadMeasure(json, "exact", &logged.exact));
  TALLY_RETURN_IF_ERROR(ReadMeasure(json, "token_accuracy", &logged.token_accuracy));
  TALLY_RETURN_IF_ERROR(ReadMeasure(json, "learning_rate", &logged.learning_rate));
  return logged;
}

absl::StatusOr<std::vector<LoggedStep>> ReadMetrics(const std::string& path) {
  std::error_code ignored;
  const bool folder = path != "-" && std::filesystem::is_directory(path, ignored);
  const std::string file = folder ? (std::filesystem::path(path) / "metrics.jsonl").string() : path;
  const std::string name = InputName(file);
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  lines.pop_back();  // what follows the last newline
  if (lines.empty()) return BadInputError(absl::StrCat(name, ": found no whole line, expected metrics of a run"));
  std::vector<LoggedStep> steps;
  for (size_t i = 0; i < lines.size(); ++i) {
    const absl::StatusOr<LoggedStep> step = LoggedStepFromJson(lines[i]);
    if (!step.ok()) return BadInputError(absl::StrCat(name, ":", i + 1, ": ", step.status().message()));
    if (i > 0 && step->step <= steps.back().step) {
      return BadInputError(absl::StrCat(name, ":", i + 1, ": found step ", step->step, " after step ",
                                        steps.back().step, ", expected rising steps"));
    }
    steps.push_back(*step);
  }
  return steps;
}

absl::StatusOr<std::map<std::string, double>> LastMetrics(const std::string& path) {
  std::map<std::string, double> values;
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(path));
  if (!there) return values;
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  lines.pop_back();  // what follows the last newline
  for (size_t i = 0; i < lines.size(); ++i) {
    const Json json = ParseJson(lines[i]);
    if (!json.is_object()) {
      return BadInputError(absl::StrCat(path, ":", i + 1, ": found no JSON object, expected metrics written by train"));
    }
    for (const auto& [key, value] : json.items()) {
      if (value.is_number()) values[key] = value.get<double>();
    }
  }
  return values;
}

}  // namespace tally

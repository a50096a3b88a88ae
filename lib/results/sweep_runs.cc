#include "lib/results/sweep_runs.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;  // fields stay in the order of the sweep's axes

absl::Status KeyError(const char* key, const Json& line, const char* expected) {
  const auto found = line.find(key);
  return BadInputError(absl::StrCat("key ", key, ": found ", found == line.end() ? "nothing" : ShortJson(*found),
                                    ", expected ", expected));
}

}  // namespace

std::string SweepRunName(const SweepRun& run) {
  std::vector<std::string> parts;
  for (const auto& [field, value] : run.values) parts.push_back(absl::StrCat(field, "=", value));
  if (run.seed) parts.push_back(absl::StrCat("train.seed=", *run.seed));
  return absl::StrJoin(parts, ", ");
}

std::string SweepRunFolder(const std::string& folder, int64_t number) { return absl::StrCat(folder, "/run_", number); }

std::string SweepRunToJson(const SweepRun& run) {
  Json values = Json::object();
  for (const auto& [field, value] : run.values) values[field] = value;
  Json line = {{"run", run.number}, {"values", values}};
  if (run.seed) line["seed"] = *run.seed;
  return line.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

absl::StatusOr<SweepRun> SweepRunFromJson(absl::string_view line) {
  const Json json = ParseJson<Json>(line);
  if (!json.is_object()) return BadInputError("found no JSON object, expected a run of a sweep");
  const auto number = json.find("run"), values = json.find("values"), seed = json.find("seed");
  if (number == json.end() || !number->is_number_unsigned() || !IsInt64(*number))
    return KeyError("run", json, "a whole number above 0");
  if (values == json.end() || !values->is_object()) return KeyError("values", json, "an object");
  SweepRun run;
  run.number = number->get<int64_t>();
  for (const auto& [field, value] : values->items()) {
    if (!value.is_string()) return KeyError("values", json, "texts only");
    run.values.emplace_back(field, value.get<std::string>());
  }
  if (seed == json.end()) return run;
  if (!seed->is_number_unsigned()) return KeyError("seed", json, "a whole number, 0 or more");
  run.seed = seed->get<uint64_t>();
  return run;
}

absl::StatusOr<std::vector<SweepRun>> ReadSweepRuns(const std::string& folder) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> reader, LineReader::Open(folder + "/runs.jsonl"));
  std::vector<SweepRun> runs;
  absl::string_view line;
  for (;;) {
    TALLY_ASSIGN_OR_RETURN(const bool more, reader->Next(&line));
    if (!more) break;
    absl::StatusOr<SweepRun> run = SweepRunFromJson(line);
    if (!run.ok()) return reader->ErrorHere(run.status().message());
    const int64_t expected = static_cast<int64_t>(runs.size()) + 1;
    if (run->number != expected) {
      return reader->ErrorHere(absl::StrCat("found run ", run->number, ", expected run ", expected));
    }
    runs.push_back(*std::move(run));
  }
  if (runs.empty()) return BadInputError(absl::StrCat(reader->name(), ": found no run, expected those of a sweep"));
  return runs;
}

}  // namespace tally

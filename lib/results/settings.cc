#include "lib/results/settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/nearest.h"

namespace tally {

Settings SettingsOf(const Cell& cell) {
  const auto number = [](double value) { return absl::StrFormat("%.10g", value); };
  Settings settings = {{"task", cell.task},
                       {"grid", cell.grid},
                       {"model", cell.model},
                       {"step", absl::StrCat(cell.step)},
                       {"seed", absl::StrCat(cell.seed)},
                       {"samples_max", absl::StrCat(cell.samples_max)},
                       {"interval", number(cell.interval)},
                       {"decoding", cell.decoding},
                       {"temperature", number(cell.temperature)},
                       {"top_k", absl::StrCat(cell.top_k)},
                       {"offset", absl::StrCat(cell.offset)},
                       {"logit_factor", number(cell.logit_factor)},
                       {"trained_first_max", absl::StrCat(cell.trained_first_max)},
                       {"trained_second_max", absl::StrCat(cell.trained_second_max)}};
  if (!cell.tasks.empty()) settings.emplace_back("tasks", cell.tasks);
  if (!cell.problems_hash.empty()) settings.emplace_back("problems_hash", cell.problems_hash);
  if (!cell.given.empty()) settings.emplace_back("given", cell.given);
  if (cell.split != kUsualSplit) settings.emplace_back("split", cell.split);
  if (cell.add_index_hints) settings.emplace_back("add_index_hints", "true");
  if (!cell.overlap_with.empty()) settings.emplace_back("overlap_with", cell.overlap_with);
  if (cell.precision != kUsualPrecision) settings.emplace_back("precision", cell.precision);
  if (cell.accept_edits) settings.emplace_back("accept_edits", "true");
  return settings;
}

std::string Difference(const Settings& found, const Settings& expected) {
  const auto value = [](const Settings& settings, const std::string& name) -> std::string {
    const auto has = [&](const auto& setting) { return setting.first == name; };
    const auto setting = std::find_if(settings.begin(), settings.end(), has);
    return setting == settings.end() ? "nothing" : setting->second;
  };
  for (const Settings* const settings : {&expected, &found}) {
    for (const auto& [name, unused] : *settings) {
      const std::string a = value(found, name), b = value(expected, name);
      if (a != b) return absl::StrCat(name, ": found ", a, ", expected ", b);
    }
  }
  return "";
}

std::string SettingsToJson(const Settings& settings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : settings) json[name] = value;
  return json.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace);
}

absl::StatusOr<Settings> SettingsFromJson(absl::string_view line) {
  const auto json = ParseJson<nlohmann::ordered_json>(line);
  if (!json.is_object()) return BadInputError("found no JSON object, expected settings");
  Settings settings;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string())
      return BadInputError(absl::StrCat("setting ", Quote(name), ": found ", ShortJson(value), ", expected text"));
    settings.emplace_back(name, value.get<std::string>());
  }
  return settings;
}

}  // namespace tally

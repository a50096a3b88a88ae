#include "lib/results/error_counts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/nearest.h"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;

bool IsCount(const Json& entry) {
  if (!entry.is_array() || entry.size() != 3) return false;
  if (!std::all_of(entry.begin(), entry.end(), [](const Json& n) { return IsInt64(n) && n >= 0; })) {
    return false;
  }
  return entry[1] <= entry[2];
}

}  // namespace

ErrorCounts::Count& ErrorCounts::Of(absl::string_view measure, int64_t value) {
  auto found = std::find_if(measures_.begin(), measures_.end(), [&](const auto& m) { return m.first == measure; });
  if (found == measures_.end()) found = measures_.insert(found, {std::string(measure), {}});
  return found->second[value];
}

void ErrorCounts::Add(const Score& score, absl::Span<const ProblemMeasure> measures) {
  const auto count = [&](absl::string_view measure, int64_t value, bool right) {
    Count& counts = Of(measure, value);
    counts.right += right;
    counts.all += 1;
  };
  const auto end = static_cast<int64_t>(score.right.size()) - 1;
  for (int64_t i = 0; i <= end; ++i) count(i < end ? kTokenMeasure : kEndMeasure, i, score.right[i]);
  const auto wrong = std::find(score.right.begin(), score.right.end(), false);
  if (wrong != score.right.end()) count(kFirstWrongMeasure, wrong - score.right.begin(), false);
  for (const ProblemMeasure& measure : measures) count(measure.name, measure.value, score.exact);
}

std::string ErrorCounts::ToJson() const {
  Json json = Json::object();
  for (const auto& [name, by_value] : measures_) {
    Json& entries = json[name] = Json::array();
    for (const auto& [value, count] : by_value) entries.push_back({value, count.right, count.all});
  }
  return json.dump();
}

absl::StatusOr<ErrorCounts> ErrorCounts::FromJson(absl::string_view text) {
  const Json json = ParseJson<Json>(text);
  if (!json.is_object()) return BadInputError(absl::StrCat("found ", Quote(text), ", expected measures by name"));
  ErrorCounts errors;
  for (const auto& [name, entries] : json.items()) {
    if (!entries.is_array()) return BadInputError(absl::StrCat(name, ": found no list, expected counts"));
    std::set<int64_t> values;
    for (const Json& entry : entries) {
      if (!IsCount(entry) || !values.insert(entry[0].get<int64_t>()).second) {
        return BadInputError(
            absl::StrCat(name, ": found ", ShortJson(entry), ", expected [value, right, all], each value once"));
      }
      errors.Of(name, entry[0].get<int64_t>()) = {entry[1].get<int64_t>(), entry[2].get<int64_t>()};
    }
  }
  return errors;
}

}  // namespace tally

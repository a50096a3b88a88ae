// What an evaluation was made with: what all of its lines must agree in.
#ifndef TALLY_LIB_RESULTS_SETTINGS_H_
#define TALLY_LIB_RESULTS_SETTINGS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/results/cell.h"

namespace tally {

// Names and values, in order.
using Settings = std::vector<std::pair<std::string, std::string>>;

// The settings that a cell records, all of its keys but lengths, operands, recurrences, counts, and what given problems
// it is of; those that a line has only where something unusual was asked for, such as `tasks`, are there where it has
// them.
Settings SettingsOf(const Cell& cell);

// The first difference, such as `model: found runs/b, expected runs/a`; "" where there is none.
std::string Difference(const Settings& found, const Settings& expected);

// As one JSON object without a newline, and back (BadInput).
std::string SettingsToJson(const Settings& settings);
absl::StatusOr<Settings> SettingsFromJson(absl::string_view line);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_SETTINGS_H_

#include "lib/results/reference_results.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/os/folder.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/results/reference_grid.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int64_t kMostSamples = 1000;
constexpr int64_t kMostPercentBytes = 1000;  // of a file of one number
constexpr double kRounding = 1e-6;           // of a share times samples

// The least number of samples of which `share` is a share; 0 where there is none up to kMostSamples.
int64_t SamplesOf(double share) {
  const auto fits = [&](int64_t samples) {
    const double right = share * static_cast<double>(samples);
    return std::abs(right - std::round(right)) < kRounding;
  };
  for (int64_t samples = 100; samples <= kMostSamples; samples += 100) {
    if (fits(samples)) return samples;
  }
  for (int64_t samples = 1; samples <= kMostSamples; ++samples) {
    if (fits(samples)) return samples;
  }
  return 0;
}

// The run that wrote `path`: its folder is the one that has `downstream`.
std::string ModelOf(const std::string& path) {
  const size_t downstream = path.find("/downstream");
  if (downstream != std::string::npos) return path.substr(0, downstream);
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "reference" : folder;
}

int64_t RecurrencesOf(const std::string& path) {
  static const auto& named = *new RE2("all_outputs_max_recurrence=([0-9]{1,6})");
  int64_t recurrences = 0;
  RE2::PartialMatch(path, named, &recurrences);
  return recurrences;
}

// A cell of `path` with this share, 0..1, of right answers.
absl::StatusOr<Cell> CellOf(const std::string& path, const std::string& task, int64_t first, int64_t second,
                            double share) {
  Cell cell;
  cell.task = task;
  cell.first_digits = first;
  cell.second_digits = second;
  cell.operands = GridOfTask(task).operands;
  cell.samples = cell.samples_max = SamplesOf(share);
  if (!(share >= 0 && share <= 1) || cell.samples == 0) {
    return BadInputError(absl::StrCat(path, ": cell ", first, " x ", second, ": found ", share,
                                      ", expected a share of at most ", kMostSamples, " samples"));
  }
  cell.exact = std::llround(share * static_cast<double>(cell.samples));
  cell.decoding = kGenerate;
  cell.model = ModelOf(path);
  cell.recurrences = RecurrencesOf(path);
  return cell;
}

bool IsGridOfNumbers(const Json& json) {
  return json.is_array() && !json.empty() && std::all_of(json.begin(), json.end(), [&](const Json& row) {
           return row.is_array() && row.size() == json.size() &&
                  std::all_of(row.begin(), row.end(), [](const Json& number) { return number.is_number(); });
         });
}

absl::StatusOr<ReferenceNumbers> ParseNumbers(const Json& json) {
  ReferenceNumbers numbers;
  const bool with_last =
      json.is_array() && json.size() == 3 && json[1].is_number_integer() && json[2].is_number_integer();
  const Json& grid = with_last ? json[0] : json;
  if (!IsGridOfNumbers(grid))
    return BadInputError("found no square of numbers, expected one, or one and its last cell");
  if (with_last) {
    numbers.last_first = json[1];
    numbers.last_second = json[2];
  }
  numbers.rows = grid.get<std::vector<std::vector<double>>>();
  return numbers;
}

absl::StatusOr<std::vector<Cell>> ReadGridFile(const std::string& path, const std::string& task) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxJsonBytes));
  const absl::StatusOr<ReferenceNumbers> numbers = ParseNumbers(ParseJson(text));
  if (!numbers.ok()) return BadInputError(absl::StrCat(path, ": ", numbers.status().message()));
  const auto size = static_cast<int64_t>(numbers->rows.size());
  const absl::StatusOr<ReferenceGrid> reference = ReferenceGridOf(fs::path(path).filename().string(), size);
  if (!reference.ok()) return BadInputError(absl::StrCat(path, ": ", reference.status().message()));
  if (reference->grid.rows.back() != size) {
    return BadInputError(absl::StrCat(path, ": found ", size, " rows, expected ", reference->grid.rows.back()));
  }
  const std::string usual = reference->is_sorting ? "sorting" : size == 40 ? "bitwise_or" : "addition";
  const auto last = std::make_pair(numbers->last_first, numbers->last_second);
  std::vector<Cell> cells;
  for (const GridCell& c : reference->cells) {
    if (last.first > 0 && std::make_pair(c.first, c.second) > last) continue;
    const double number = numbers->rows[c.first - 1][c.second - 1];
    TALLY_ASSIGN_OR_RETURN(Cell cell, CellOf(path, task.empty() ? usual : task, c.first, c.second,
                                             reference->is_sorting ? number / 100 : number));
    cell.grid = GridText(reference->grid);
    cells.push_back(cell);
  }
  return cells;
}

// The shares of a file by length; lengths that are not done yet are left out.
absl::StatusOr<std::map<int64_t, double>> ParseShares(const std::string& text, const ReferenceGrid& reference) {
  std::set<std::string> keys;
  std::string twice;
  if (!IsBoundedJson(text)) return BadInputError("found no JSON, or JSON beyond Tally's limits");
  const Json json = Json::parse(
      text,
      [&](int /*depth*/, Json::parse_event_t event, Json& key) {
        if (event == Json::parse_event_t::key && !keys.insert(key).second) twice = key;
        return true;
      },
      /*allow_exceptions=*/false);
  if (!json.is_object() || json.empty())
    return BadInputError("found no shares by length, expected {\"101\": 0.97, ...}");
  if (!twice.empty()) return BadInputError(absl::StrCat("found the length ", twice, " twice, expected it once"));
  const std::vector<int64_t>& known = reference.grid.rows;
  std::map<int64_t, double> shares;
  for (const auto& [key, share] : json.items()) {
    int64_t length = 0;
    if (!absl::SimpleAtoi(key, &length) || !std::binary_search(known.begin(), known.end(), length)) {
      return BadInputError(absl::StrCat("found the length ", key, ", expected one of ", LengthsText(known)));
    }
    if (!share.is_number()) {
      return BadInputError(absl::StrCat("length ", key, ": found ", ShortJson(share), ", expected a share"));
    }
    shares[length] = share;
  }
  return shares;
}

absl::StatusOr<std::vector<Cell>> ReadLengthsFile(const std::string& path, const std::string& task) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxJsonBytes));
  const absl::StatusOr<ReferenceGrid> reference = ReferenceGridOf(fs::path(path).filename().string(), 0);
  if (!reference.ok()) return BadInputError(absl::StrCat(path, ": ", reference.status().message()));
  const absl::StatusOr<std::map<int64_t, double>> shares = ParseShares(text, *reference);
  if (!shares.ok()) return BadInputError(absl::StrCat(path, ": ", shares.status().message()));
  std::vector<Cell> cells;
  for (const auto& [length, share] : *shares) {
    TALLY_ASSIGN_OR_RETURN(Cell cell, CellOf(path, task.empty() ? "addition" : task, length, length, share));
    cell.grid = GridText(reference->grid);
    cells.push_back(cell);
  }
  return cells;
}

absl::StatusOr<double> ReadPercent(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMostPercentBytes));
  double percent = 0;
  if (absl::SimpleAtod(absl::StripAsciiWhitespace(text), &percent)) return percent;
  return BadInputError(absl::StrCat(path, ": found `", text.substr(0, 20), "`, expected percents"));
}

// Sets the lengths in the name of a cell's file; false where it is none.
bool IsCellFile(const std::string& path, int64_t* first, int64_t* second) {
  static const auto& named = *new RE2("acc_for_([0-9]{1,6})_([0-9]{1,6})\\.txt");
  return RE2::FullMatch(fs::path(path).filename().string(), named, first, second) && *first > 0 && *second > 0;
}

// The cell of a file acc_for_N_M.txt, and of top_1_acc_for_N_M.txt beside it.
absl::StatusOr<Cell> ReadCellFile(const std::string& path, const std::string& task) {
  int64_t first = 0, second = 0;
  IsCellFile(path, &first, &second);
  TALLY_ASSIGN_OR_RETURN(const double percent, ReadPercent(path));
  TALLY_ASSIGN_OR_RETURN(Cell cell, CellOf(path, task.empty() ? "sorting" : task, first, second, percent / 100));
  const fs::path top = fs::path(path).parent_path() / absl::StrCat("top_1_", fs::path(path).filename().string());
  TALLY_ASSIGN_OR_RETURN(const bool has_top, CheckExists(top));
  if (!has_top) return cell;
  TALLY_ASSIGN_OR_RETURN(const double top_percent, ReadPercent(top.string()));
  TALLY_ASSIGN_OR_RETURN(const Cell of_top, CellOf(top.string(), cell.task, first, second, top_percent / 100));
  const int64_t samples = std::max(cell.samples, of_top.samples);  // both are shares of the same problems
  cell.exact = std::llround(percent / 100 * static_cast<double>(samples));
  cell.first_exact = std::llround(top_percent / 100 * static_cast<double>(samples));
  cell.samples = cell.samples_max = samples;
  return cell;
}

absl::StatusOr<std::vector<Cell>> ReadFolder(const std::string& folder, const std::string& task) {
  std::vector<Cell> cells;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder));
  for (const std::string& name : names) {
    const std::string path = (fs::path(folder) / name).string();
    int64_t first = 0, second = 0;
    if (!IsCellFile(path, &first, &second)) continue;
    TALLY_ASSIGN_OR_RETURN(const Cell cell, ReadCellFile(path, task));
    cells.push_back(cell);
  }
  if (cells.empty()) return BadInputError(absl::StrCat(folder, ": found no acc_for_N_M.txt, expected some, or a file"));
  std::sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
    return std::make_pair(a.first_digits, a.second_digits) < std::make_pair(b.first_digits, b.second_digits);
  });
  return cells;
}

}  // namespace

std::string ReferenceGridJson(const ReferenceNumbers& numbers, bool is_piece) {
  const Json grid = numbers.rows;
  return (is_piece ? Json::array({grid, numbers.last_first, numbers.last_second}) : grid).dump();
}

std::string ReferenceLengthsJson(const std::map<int64_t, double>& shares) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [length, share] : shares) json[absl::StrCat(length)] = share;
  return json.dump();
}

absl::StatusOr<std::vector<Cell>> ReadResults(const std::string& path, const std::string& task) {
  std::error_code error;
  int64_t first = 0, second = 0;
  const std::string name = fs::path(path).filename().string();
  if (fs::is_directory(path, error)) return ReadFolder(path, task);
  if (absl::StartsWith(name, "accs_grid_quick")) return ReadGridFile(path, task);
  if (absl::StartsWith(name, "over_100_") && absl::EndsWith(name, ".json")) return ReadLengthsFile(path, task);
  if (!IsCellFile(path, &first, &second)) return ReadCells(path);
  TALLY_ASSIGN_OR_RETURN(const Cell cell, ReadCellFile(path, task));
  return std::vector<Cell>{cell};
}

}  // namespace tally

#include "lib/results/reference_results.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int64_t kMostSamples = 1000;
constexpr double kRounding = 1e-6;  // of a share times samples

// Where the steps of the 100 x 100 grid end.
constexpr int64_t kStepEnds[] = {0, 46, 58, 67, 74, 80, 85, 90, 94, 97, 100};

// "large", "ood_only", ... of the reference's grids; those of bitwise OR and products share names with sums.
std::string GridName(absl::string_view name, int64_t size) {
  if (name == "large" && size == 25) return "mul";
  if (name == "ood_only" && size == 40) return "pos_arth_ood";
  for (const char* known : {"large", "ood_only", "up_to_40", "up_to_50"}) {
    if (name == known) return known;
  }
  return "";
}

absl::StatusOr<ReferenceGrid> PieceOf(int64_t step, const std::string& colour) {
  ReferenceGrid reference;
  reference.is_piece = true;
  TALLY_ASSIGN_OR_RETURN(reference.grid, ParseGrid("big"));
  for (const GridCell& cell : CellsOf(reference.grid)) {
    const int64_t longest = std::max(cell.first, cell.second);
    if (longest <= kStepEnds[step - 1] || longest > kStepEnds[step]) continue;
    if (colour.empty() || (colour == "_odd") == cell.odd) reference.cells.push_back(cell);
  }
  return reference;
}

// Arrays from `first` x `second` on: those that are shorter in both are another job's.
absl::StatusOr<ReferenceGrid> SortingOf(int64_t first, int64_t second, int64_t end) {
  if (end < 2) return BadInputError("found no cell in the name, expected accs_grid_quick_1_1_31.json and the like");
  ReferenceGrid reference;
  reference.is_sorting = true;
  const std::string lengths = absl::StrCat("1..", end - 1);
  TALLY_ASSIGN_OR_RETURN(reference.grid, ParseGrid(absl::StrCat("rows=", lengths, " cols=", lengths)));
  for (const GridCell& cell : CellsOf(reference.grid)) {
    if (cell.first >= first || cell.second >= second) reference.cells.push_back(cell);
  }
  return reference;
}

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
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const absl::StatusOr<ReferenceNumbers> numbers =
      ParseNumbers(Json::parse(text, /*callback=*/nullptr, /*allow_exceptions=*/false));
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

absl::StatusOr<double> ReadPercent(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
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
  std::error_code error;
  if (!fs::exists(top, error)) return cell;
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
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    int64_t first = 0, second = 0;
    if (!IsCellFile(entry.path().string(), &first, &second)) continue;
    TALLY_ASSIGN_OR_RETURN(const Cell cell, ReadCellFile(entry.path().string(), task));
    cells.push_back(cell);
  }
  if (error) return IoError(absl::StrCat(folder, ": cannot be listed: ", error.message()));
  if (cells.empty()) return BadInputError(absl::StrCat(folder, ": found no acc_for_N_M.txt, expected some, or a file"));
  std::sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
    return std::make_pair(a.first_digits, a.second_digits) < std::make_pair(b.first_digits, b.second_digits);
  });
  return cells;
}

}  // namespace

absl::StatusOr<ReferenceGrid> ReferenceGridOf(absl::string_view name, int64_t size) {
  static const auto& piece = *new RE2("accs_grid_quick_big_eval_([0-9]+)(_even|_odd)?\\.json");
  static const auto& sorting = *new RE2("accs_grid_quick_([0-9]{1,4})_([0-9]{1,4})_([0-9]{1,4})\\.json");
  static const auto& other = *new RE2("accs_grid_quick_(\\w+)\\.json");
  const std::string text(name);
  int64_t first = 0, second = 0, end = 0;
  std::string word;
  if (RE2::FullMatch(text, piece, &first, &word) && first >= 1 && first <= 10) return PieceOf(first, word);
  if (RE2::FullMatch(text, sorting, &first, &second, &end)) return SortingOf(first, second, end);
  if (RE2::FullMatch(text, other, &word) && !GridName(word, size).empty()) {
    ReferenceGrid reference;
    TALLY_ASSIGN_OR_RETURN(reference.grid, ParseGrid(GridName(word, size)));
    reference.cells = CellsOf(reference.grid);
    return reference;
  }
  return BadInputError(
      "the name is none of the reference's, expected accs_grid_quick with _large, _ood_only, _up_to_40, _up_to_50, "
      "_big_eval_1 to _10, these with _even or _odd, or _1_1_31, and .json");
}

std::string ReferenceGridJson(const ReferenceNumbers& numbers, bool is_piece) {
  const Json grid = numbers.rows;
  return (is_piece ? Json::array({grid, numbers.last_first, numbers.last_second}) : grid).dump();
}

absl::StatusOr<std::vector<Cell>> ReadResults(const std::string& path, const std::string& task) {
  std::error_code error;
  int64_t first = 0, second = 0;
  const std::string name = fs::path(path).filename().string();
  if (fs::is_directory(path, error)) return ReadFolder(path, task);
  if (absl::StartsWith(name, "accs_grid_quick")) return ReadGridFile(path, task);
  if (!IsCellFile(path, &first, &second)) return ReadCells(path);
  TALLY_ASSIGN_OR_RETURN(const Cell cell, ReadCellFile(path, task));
  return std::vector<Cell>{cell};
}

}  // namespace tally

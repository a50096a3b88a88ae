// Result files of the reference, which their names tell apart.
#include <filesystem>

#include "lib/results/reference_results.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

constexpr absl::string_view kNames[] = {"acc_for_3_4.txt",
                                        "accs_grid_quick_large.json",
                                        "accs_grid_quick_ood_only.json",
                                        "accs_grid_quick_big_eval_1_even.json",
                                        "accs_grid_quick_1_1_3.json",
                                        "accs_grid_quick_9999_9999_9999.json",
                                        "over_100_2.json"};

}  // namespace

void CheckLaws(absl::string_view input) {
  static const TestFolder& folder = *new TestFolder;
  Choices choices(input);
  const absl::string_view name = kNames[choices.Below(std::size(kNames))];
  const std::string path = folder.Write(name, choices.rest());
  folder.Write("top_1_acc_for_3_4.txt", choices.rest().substr(choices.rest().size() / 2));
  const absl::StatusOr<std::vector<Cell>> cells = ReadResults(path);
  if (!cells.ok()) return CheckRefusal(cells.status());
  for (const Cell& cell : *cells) {
    const absl::StatusOr<Cell> again = CellFromJson(CellToJson(cell));
    TALLY_LAW(again.ok() && CellToJson(*again) == CellToJson(cell));
  }
}

std::vector<std::string> Seeds() {
  const auto grid = [](size_t size, double share, bool piece) {
    ReferenceNumbers numbers;
    numbers.rows.assign(size, std::vector<double>(size, share));
    numbers.last_first = 5;
    numbers.last_second = 3;
    return ReferenceGridJson(numbers, piece);
  };
  return {std::string(1, '\0') + "97.5\n", '\1' + grid(23, 0.5, false),
          '\1' + grid(25, 1, false),       '\2' + grid(30, 0, false),
          '\4' + grid(2, 33, false),       '\6' + std::string(R"({"800":0.97,"1000":0.5})")};
}

std::vector<std::string> Words() {
  return {"[", "]", ",", "1e308", "-1", "0.333", "nan", "100.0", "[[1,1],[1,1]]", "null"};
}

}  // namespace tally::fuzz

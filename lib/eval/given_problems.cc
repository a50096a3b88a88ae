#include "lib/eval/given_problems.h"

#include <re2/re2.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "lib/base/checksums.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/eval/shard_cells.h"
#include "lib/problems/problem_reader.h"
#include "lib/tasks/operands/layouts.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

// The lengths in one name, without the ending of a file: after `n_` and `m_`, else two numbers at its end.
bool FindLengths(const std::string& name, GridCell* lengths) {
  static const auto& named = *new RE2("(?:^|_)n_([0-9]{1,6})_(?:.*_)?m_([0-9]{1,6})(?:_|$)");
  static const auto& last = *new RE2("(?:^|_)([0-9]{1,6})_([0-9]{1,6})$");
  return (RE2::PartialMatch(name, named, &lengths->first, &lengths->second) ||
          RE2::PartialMatch(name, last, &lengths->first, &lengths->second)) &&
         lengths->first > 0 && lengths->second > 0;
}

// Whether the lines of any of them have index hints.
bool HaveHints(const std::vector<ProblemFormat>& formats) {
  return std::any_of(formats.begin(), formats.end(), [](const ProblemFormat& format) { return format.index_hints; });
}

// Takes lines one by one and keeps them by cell.
class Collector {
 public:
  Collector(const GivenProblems& given, const std::vector<ProblemFormat>& formats)
      : by_(given.by), add_index_hints_(given.add_index_hints), formats_(formats), written_(formats) {
    for (ProblemFormat& format : written_) format.index_hints = format.index_hints && !add_index_hints_;
  }

  // `line` of `file`. BadInput without the line.
  absl::Status Add(absl::string_view line, const std::string& file) {
    TALLY_RETURN_IF_ERROR(BeginFile(file));
    const std::string text = WithoutNeedlessSpaces(line);
    const absl::StatusOr<FoundProblem> found = FindProblem(text, written_, &room_);
    if (!found.ok()) return BadInputError(absl::StrCat(found.status().message(), Advice()));
    const std::string answer = ExpectedAnswer(found->problem, formats_[found->format]);
    if (!found->problem.answer.empty() && found->problem.answer != answer) {
      return BadInputError(absl::StrCat("found the answer ", found->problem.answer, ", expected ", answer));
    }
    lines_[KeyOf(*found)].push_back(LineOf(text, *found, answer));
    return absl::OkStatus();
  }

  absl::StatusOr<GivenCells> Cells() && {
    GivenCells given;
    ContentHash hash;
    for (auto& [key, lines] : ByLongest()) {
      const auto& [file, format, first, second, operands] = key;
      if (static_cast<int64_t>(lines.size()) > kMaxSamples) {
        return BadInputError(
            absl::StrCat("found ", lines.size(), " problems of one cell, expected at most ", kMaxSamples));
      }
      GivenCell& cell = given.cells.emplace_back();
      cell.format = format;
      cell.lengths = {first, second, operands};
      if (by_ == CellsBy::kFile) cell.file = files_[file];
      hash.Add(absl::StrCat(cell.file, "\n", format, " ", first, " ", second, " ", operands, "\n"));
      for (const std::string& line : lines) {
        hash.Add(absl::StrCat(line, "\n"));
        cell.cost += PredictedCost(static_cast<int64_t>(line.size()) + 1);
      }
      cell.problems = CellProblems::OfLines(std::move(lines));
    }
    given.hash = hash.Hex();
    return given;
  }

 private:
  // File (0 but for kFile), format, lengths, operands.
  using Key = std::tuple<size_t, size_t, int64_t, int64_t, int64_t>;
  using LinesByCell = std::map<Key, std::vector<std::string>>;

  absl::Status BeginFile(const std::string& file) {
    if (!files_.empty() && files_.back() == file) return absl::OkStatus();
    files_.push_back(file);
    if (by_ != CellsBy::kFolder) return absl::OkStatus();
    TALLY_ASSIGN_OR_RETURN(named_, LengthsInName(file));
    return absl::OkStatus();
  }

  // What may be wrong where a line is of no format.
  std::string Advice() const {
    if (add_index_hints_) return "; --add_index_hints is for lines without hints";
    return HaveHints(formats_) ? "; --add_index_hints reads lines without hints" : "";
  }

  // The whole line that the model reads and writes, of the line `text`.
  std::string LineOf(const std::string& text, const FoundProblem& found, const std::string& answer) const {
    const ProblemFormat& format = formats_[found.format];
    const absl::string_view prompt = PromptOfLine(text);
    if (!format.index_hints) return absl::StrCat(prompt, answer);
    size_t bytes = 0;  // a line of arrays begins with a label, and their answers have no hints
    const int start = add_index_hints_ ? 0 : HintAt(text, &bytes);
    const std::string hinted = format.task->HintedLine(found.problem, format, answer, start);
    return add_index_hints_ ? hinted : absl::StrCat(prompt, hinted.substr(PromptOfLine(hinted).size()));
  }

  // The spaces of a format that has some are its tokens.
  std::string WithoutNeedlessSpaces(absl::string_view line) const {
    const bool needed = std::any_of(formats_.begin(), formats_.end(), [](const ProblemFormat& f) { return f.spaces; });
    return needed ? std::string(line) : absl::StrReplaceAll(line, {{" ", ""}});
  }

  Key KeyOf(const FoundProblem& found) {
    if (by_ == CellsBy::kFile) return {files_.size() - 1, found.format, 0, 0, 0};
    const Task& task = *formats_[found.format].task;
    const int64_t usual = task.grid().operands == 0 ? 2 : task.grid().operands;  // as CellsOf has it for arrays
    if (by_ == CellsBy::kFolder) return {0, found.format, named_.first, named_.second, usual};
    const ProblemSize size = task.Size(found.problem);
    const bool counts = (task.options() & kHasManyOperands) != 0;
    const int64_t operands = counts ? static_cast<int64_t>(found.problem.operands.size()) : usual;
    if (operands > 2) several_.insert(found.format);
    return {0, found.format, size.first, size.second, operands};
  }

  // The cells, in order; of tasks with more than two operands by the longest of these.
  LinesByCell ByLongest() {
    LinesByCell cells;
    for (auto& [key, lines] : lines_) {
      auto [file, format, first, second, operands] = key;
      if (several_.count(format) > 0) first = second = std::max(first, second);
      std::vector<std::string>& all = cells[{file, format, first, second, operands}];
      all.insert(all.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
    }
    return cells;
  }

  const CellsBy by_;
  const bool add_index_hints_;
  const std::vector<ProblemFormat>& formats_;
  std::vector<ProblemFormat> written_;  // of the lines as they are given
  std::vector<std::string> files_;      // as they come
  GridCell named_;                      // lengths in the name of the last one
  std::set<size_t> several_;            // formats that have a problem of more than two operands
  LinesByCell lines_;
  std::string room_;  // of the parsed line
};

}  // namespace

absl::StatusOr<CellsBy> ParseCellsBy(const std::string& text) {
  if (text == "lengths") return CellsBy::kLengths;
  if (text == "folder") return CellsBy::kFolder;
  if (text == "file") return CellsBy::kFile;
  return UsageError(absl::StrCat("--cells_by=", text, "; expected lengths, folder or file",
                                 DidYouMean(text, {"lengths", "folder", "file"})));
}

absl::StatusOr<GridCell> LengthsInName(const std::string& path) {
  std::filesystem::path rest = path, name = rest.filename();
  while (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
  GridCell lengths;
  bool found = FindLengths(name.stem().string(), &lengths);
  while (!found && rest.has_parent_path() && rest.parent_path() != rest) {
    rest = rest.parent_path();
    found = FindLengths(rest.filename().string(), &lengths);
  }
  if (found) return lengths;
  return BadInputError(
      "found no lengths in the names of the file and its folders, expected some such as +_n_3_m_7_examples_100 or "
      "or_one_vec_zeros_3_7");
}

absl::StatusOr<GivenCells> ReadGivenProblems(const GivenProblems& given, const std::vector<ProblemFormat>& formats,
                                             const Vocabulary& vocabulary) {
  if (given.add_index_hints && !HaveHints(formats)) {
    return UsageError("--add_index_hints: found a model whose lines have no index hints, expected one that has them");
  }
  TALLY_ASSIGN_OR_RETURN(const auto reader, ProblemReader::Open(given.words, given.split, vocabulary));
  Collector collector(given, formats);
  absl::string_view line;
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, reader->Next(&line));
    if (!more) return std::move(collector).Cells();
    const absl::Status added = collector.Add(line, reader->file());
    if (!added.ok()) return reader->ErrorHere(added.message());
  }
}

}  // namespace tally

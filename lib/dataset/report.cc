#include "lib/dataset/report.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/dataset/dataset_problems.h"
#include "lib/dataset/token_dataset.h"
#include "lib/tasks/problem.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kInspectedExamples = 10;

std::string Range(const DigitRange& range) { return absl::StrCat(range.min, "..", range.max); }

// What `text` says of each task, with ; between.
std::string OfTasks(const TokenDataset& dataset, const std::function<std::string(const TaskFacts&)>& text) {
  return absl::StrJoin(dataset.tasks(), "; ",
                       [&](std::string* out, const TaskFacts& task) { absl::StrAppend(out, text(task)); });
}

// The tasks, of several how many examples each has.
absl::StatusOr<std::string> TaskCounts(const TokenDataset& dataset) {
  const std::vector<ProblemFormat> formats = FormatsOf(dataset.tasks());
  if (formats.size() == 1) return NamesOf(dataset.tasks());
  std::vector<int64_t> counts(formats.size());
  TALLY_RETURN_IF_ERROR(
      EachProblem(dataset, formats, [&](int64_t /*i*/, const FoundProblem& problem) { ++counts[problem.format]; }));
  std::string text;
  for (size_t t = 0; t < counts.size(); ++t) {
    absl::StrAppend(&text, t == 0 ? "" : "; ", formats[t].task->name(), " (", counts[t], " rows)");
  }
  return text;
}

std::string LayoutOf(const TaskFacts& task) {
  const std::string layout = LayoutText(task.format);
  return layout.empty() ? "plain" : layout;
}

// The histograms of a data set.
class Description {
 public:
  explicit Description(const TokenDataset& dataset)
      : dataset_(dataset), formats_(FormatsOf(dataset.tasks())), tokens_(dataset.vocabulary().size()) {}

  absl::Status Count() {
    return EachProblem(dataset_, formats_, [&](int64_t i, const FoundProblem& problem) { Add(i, problem); });
  }

  std::vector<Json> Lines() const {
    std::vector<Json> lines;
    for (size_t id = 0; id < tokens_.size(); ++id) {
      const std::string token(dataset_.vocabulary().TokenText(static_cast<int64_t>(id)));
      lines.push_back({{"histogram", "token"}, {"id", id}, {"token", token}, {"count", tokens_[id]}});
    }
    for (const auto& [length, count] : rows_) {
      lines.push_back({{"histogram", "row_length"}, {"tokens", length}, {"count", count}});
    }
    for (const auto& [length, count] : answers_) {
      lines.push_back({{"histogram", "answer_length"}, {"tokens", length}, {"count", count}});
    }
    for (const auto& [size, count] : sizes_) {
      const auto& [task, first, second] = size;
      lines.push_back({{"histogram", "operand_lengths"}, {"first", first}, {"second", second}, {"count", count}});
      if (formats_.size() > 1) lines.back()["task"] = std::string(formats_[task].task->name());
    }
    for (const auto& [digit, count] : digits_) {
      const auto& [part, place, character] = digit;
      lines.push_back({{"histogram", "digit"},
                       {"part", kParts[part]},
                       {"place", place},
                       {"digit", character - '0'},
                       {"count", count}});
    }
    for (const auto& [measure, count] : measures_) {
      lines.push_back(
          {{"histogram", "measure"}, {"measure", measure.first}, {"value", measure.second}, {"count", count}});
    }
    return lines;
  }

 private:
  static constexpr const char* kParts[] = {"first", "others", "answer"};

  void Add(int64_t i, const FoundProblem& found) {
    const ParsedProblem& problem = found.problem;
    const ProblemFormat& format = formats_[found.format];
    for (const uint8_t id : dataset_.Example(i)) ++tokens_[id];
    ++rows_[dataset_.ExampleLength(i)];
    ++answers_[dataset_.ExampleLength(i) - 1 - dataset_.AnswerStart(i)];
    const ProblemSize size = format.task->Size(problem);
    ++sizes_[{found.format, size.first, size.second}];
    for (size_t o = 0; o < problem.operands.size(); ++o) AddDigits(o == 0 ? 0 : 1, problem.operands[o]);
    AddDigits(2, problem.answer);
    for (const ProblemMeasure& measure : format.task->Measures(problem, format)) {
      ++measures_[{std::string(measure.name), measure.value}];
    }
  }

  void AddDigits(size_t part, absl::string_view text) {
    for (size_t place = 0; place < text.size(); ++place) {
      if (absl::ascii_isdigit(text[place])) ++digits_[{part, place, text[place]}];
    }
  }

  const TokenDataset& dataset_;
  const std::vector<ProblemFormat> formats_;
  std::vector<int64_t> tokens_;                                    // by id
  std::map<int64_t, int64_t> rows_, answers_;                      // by tokens
  std::map<std::tuple<size_t, int64_t, int64_t>, int64_t> sizes_;  // by task, first and second length
  std::map<std::tuple<size_t, size_t, char>, int64_t> digits_;     // by part, place and digit
  std::map<std::pair<std::string, int64_t>, int64_t> measures_;    // by name and value
};

}  // namespace

absl::Status InspectDataset(const std::string& path, const std::string& out_path) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenDataset> dataset, TokenDataset::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> out, OutputStream::Open(out_path));
  TALLY_ASSIGN_OR_RETURN(const std::string tasks, TaskCounts(*dataset));
  const auto order = [](const TaskFacts& task) { return std::string(DigitOrderName(task.format.order)); };
  const std::vector<std::pair<const char*, std::string>> facts = {
      {"file", path},
      {"rows", absl::StrCat(dataset->examples())},
      {"tokens", absl::StrCat(dataset->tokens(), ", ", dataset->longest_example(), " in the longest row")},
      {"task", tasks},
      {"digits reversed", OfTasks(*dataset, order)},
      {"layout", OfTasks(*dataset, LayoutOf)},
      {"vocabulary", absl::StrCat(dataset->vocabulary().name(), ", ", dataset->vocabulary().size(), " tokens")},
      {"first operand", OfTasks(*dataset, [](const TaskFacts& task) { return Range(task.first_operand); })},
      {"second operand", OfTasks(*dataset, [](const TaskFacts& task) { return Range(task.second_operand); })},
      {"hash (xxh3)", dataset->hash()},
  };
  for (const auto& [name, value] : facts) {
    TALLY_RETURN_IF_ERROR(out->Write(absl::StrFormat("%-16s %s\n", name, value)));
  }
  for (int64_t i = 0; i < std::min(kInspectedExamples, dataset->examples()); ++i) {
    TALLY_RETURN_IF_ERROR(
        out->Write(absl::StrFormat("row %-12d %s\n", i, ExampleText(*dataset, i, 0, dataset->ExampleLength(i)))));
  }
  return out->Commit();
}

absl::Status DescribeDataset(const std::string& path, const std::string& out_path) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenDataset> dataset, TokenDataset::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> out, OutputStream::Open(out_path));
  Description description(*dataset);
  TALLY_RETURN_IF_ERROR(description.Count());
  for (const Json& line : description.Lines()) TALLY_RETURN_IF_ERROR(out->Write(line.dump() + "\n"));
  return out->Commit();
}

absl::Status ExportDataset(const std::string& path, const std::string& out_path) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenDataset> dataset, TokenDataset::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> out, OutputStream::Open(out_path));
  for (int64_t i = 0; i < dataset->examples(); ++i) {
    const int64_t answer = dataset->AnswerStart(i), end = dataset->ExampleLength(i) - 1;
    const Json line = {{"context", ExampleText(*dataset, i, 0, answer)},
                       {"completion", ExampleText(*dataset, i, answer, end)}};
    TALLY_RETURN_IF_ERROR(out->Write(line.dump() + "\n"));
  }
  return out->Commit();
}

}  // namespace tally

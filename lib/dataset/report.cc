#include "lib/dataset/report.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_dataset.h"
#include "lib/tasks/problem.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kInspectedExamples = 10;

std::string Range(const DigitRange& range) { return absl::StrCat(range.min, "..", range.max); }

// The text of ids [begin, end) of example i; PAD within an example is a space.
std::string ExampleText(const TokenDataset& dataset, int64_t i, int64_t begin, int64_t end) {
  std::string text;
  for (int64_t t = begin; t < end; ++t) {
    const uint8_t id = dataset.Example(i)[t];
    absl::StrAppend(&text, id == kPadId ? " " : dataset.vocabulary().TokenText(id));
  }
  return text;
}

// The task of example i among those of the data set, and its size. BadInput where it is no problem of them.
absl::StatusOr<std::pair<size_t, ProblemSize>> TaskAndSize(const TokenDataset& dataset,
                                                           const std::vector<ProblemFormat>& formats, int64_t i) {
  std::string room;
  const std::string line = ExampleText(dataset, i, 0, dataset.ExampleLength(i) - 1);
  const absl::StatusOr<FoundProblem> found = FindProblem(line, formats, &room);
  if (found.ok()) return std::make_pair(found->format, formats[found->format].task->Size(found->problem));
  return BadInputError(absl::StrCat(dataset.path(), ": row ", i, ": ", found.status().message()));
}

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
  for (int64_t i = 0; i < dataset.examples(); ++i) {
    TALLY_ASSIGN_OR_RETURN(const auto task_and_size, TaskAndSize(dataset, formats, i));
    ++counts[task_and_size.first];
  }
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

absl::Status WriteLine(const Json& json, OutputStream* out) { return out->Write(json.dump() + "\n"); }

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
  std::vector<int64_t> tokens(dataset->vocabulary().size());
  std::map<int64_t, int64_t> row_lengths;
  std::map<std::tuple<size_t, int64_t, int64_t>, int64_t> sizes;  // task, first and second length
  const std::vector<ProblemFormat> formats = FormatsOf(dataset->tasks());
  for (int64_t i = 0; i < dataset->examples(); ++i) {
    for (const uint8_t id : dataset->Example(i)) ++tokens[id];
    ++row_lengths[dataset->ExampleLength(i)];
    TALLY_ASSIGN_OR_RETURN(const auto task_and_size, TaskAndSize(*dataset, formats, i));
    const auto& [task, size] = task_and_size;
    ++sizes[{task, size.first, size.second}];
  }
  for (size_t id = 0; id < tokens.size(); ++id) {
    const std::string token(dataset->vocabulary().TokenText(static_cast<int64_t>(id)));
    TALLY_RETURN_IF_ERROR(
        WriteLine({{"histogram", "token"}, {"id", id}, {"token", token}, {"count", tokens[id]}}, out.get()));
  }
  for (const auto& [length, count] : row_lengths) {
    TALLY_RETURN_IF_ERROR(WriteLine({{"histogram", "row_length"}, {"tokens", length}, {"count", count}}, out.get()));
  }
  for (const auto& [task_and_size, count] : sizes) {
    const auto& [task, first, second] = task_and_size;
    Json json = {{"histogram", "operand_lengths"}, {"first", first}, {"second", second}, {"count", count}};
    if (formats.size() > 1) json["task"] = std::string(formats[task].task->name());
    TALLY_RETURN_IF_ERROR(WriteLine(json, out.get()));
  }
  return out->Commit();
}

absl::Status ExportDataset(const std::string& path, const std::string& out_path) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenDataset> dataset, TokenDataset::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> out, OutputStream::Open(out_path));
  for (int64_t i = 0; i < dataset->examples(); ++i) {
    const int64_t answer = dataset->AnswerStart(i), end = dataset->ExampleLength(i) - 1;
    TALLY_RETURN_IF_ERROR(WriteLine(
        {{"context", ExampleText(*dataset, i, 0, answer)}, {"completion", ExampleText(*dataset, i, answer, end)}},
        out.get()));
  }
  return out->Commit();
}

}  // namespace tally

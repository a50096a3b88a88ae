#include "lib/dataset/data_format.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/sampling/tell_apart.h"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::map<std::string, std::string>;

constexpr char kTasks[] = "tasks", kFirst[] = "first_operand", kSecond[] = "second_operand";

absl::Status Refuse(absl::string_view source, absl::string_view found, absl::string_view expected) {
  return BadInputError(absl::StrCat(source, ": found ", found, ", expected ", expected));
}

std::string RangeText(const DigitRange& range) { return absl::StrCat(range.min, "..", range.max); }

// "1..20".
absl::StatusOr<DigitRange> ParseRange(const Texts& texts, const std::string& key, absl::string_view source) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, FindMetadata(texts, key, source));
  const std::pair<std::string, std::string> ends = absl::StrSplit(text, absl::MaxSplits("..", 1));
  DigitRange range;
  if (absl::SimpleAtoi(ends.first, &range.min) && absl::SimpleAtoi(ends.second, &range.max) && 1 <= range.min &&
      range.min <= range.max) {
    return range;
  }
  return Refuse(source, absl::StrCat(key, " ", Quote(text)), "a range such as 1..20");
}

Texts TaskTexts(const TaskFacts& task) {
  Texts texts = {{"task", std::string(task.format.task->name())},
                 {"digit_order", std::string(DigitOrderName(task.format.order))},
                 {"layout", LayoutText(task.format)}};
  if (task.first_operand.max == 0) return texts;
  texts[kFirst] = RangeText(task.first_operand);
  texts[kSecond] = RangeText(task.second_operand);
  return texts;
}

absl::StatusOr<TaskFacts> ParseTaskTexts(const Texts& texts, absl::string_view source, bool lengths) {
  TALLY_ASSIGN_OR_RETURN(const std::string task_name, FindMetadata(texts, "task", source));
  TALLY_ASSIGN_OR_RETURN(const std::string order_name, FindMetadata(texts, "digit_order", source));
  TALLY_ASSIGN_OR_RETURN(const std::string layout, FindMetadata(texts, "layout", source));
  TaskFacts facts;
  TALLY_ASSIGN_OR_RETURN(facts.format, ParseTaskFormat(task_name, order_name, layout, source));
  if (!lengths) return facts;
  TALLY_ASSIGN_OR_RETURN(facts.first_operand, ParseRange(texts, kFirst, source));
  TALLY_ASSIGN_OR_RETURN(facts.second_operand, ParseRange(texts, kSecond, source));
  return facts;
}

// The texts of each task of the list `text`. BadInput where it is none.
absl::StatusOr<std::vector<Texts>> ParseTaskList(const std::string& text, absl::string_view source) {
  const Json list = ParseJson<Json>(text);
  std::vector<Texts> tasks;
  for (const Json& entry : list.is_array() ? list : Json::array()) {
    Texts& texts = tasks.emplace_back();
    for (const auto& [key, value] : entry.items()) {
      if (value.is_string()) texts[key] = value.get<std::string>();
    }
  }
  if (!tasks.empty()) return tasks;
  return Refuse(source, absl::StrCat(kTasks, " ", Quote(text)), "a JSON list of tasks");
}

}  // namespace

std::vector<ProblemFormat> FormatsOf(const std::vector<TaskFacts>& tasks) {
  std::vector<ProblemFormat> formats;
  for (const TaskFacts& task : tasks) formats.push_back(task.format);
  return formats;
}

DataFormat DataFormatOf(const std::vector<ProblemFormat>& formats, const Vocabulary& vocabulary) {
  DataFormat data = {{}, vocabulary};
  for (const ProblemFormat& format : formats) data.tasks.push_back({format, {}, {}});
  return data;
}

std::string NamesOf(const std::vector<TaskFacts>& tasks) {
  return absl::StrJoin(tasks, ", ",
                       [](std::string* out, const TaskFacts& task) { absl::StrAppend(out, task.format.task->name()); });
}

std::map<std::string, std::string> FormatMetadata(const DataFormat& format) {
  Texts metadata;
  if (format.tasks.size() == 1) {
    metadata = TaskTexts(format.tasks[0]);
  } else {
    Json list = Json::array();
    for (const TaskFacts& task : format.tasks) list.push_back(TaskTexts(task));
    metadata[kTasks] = list.dump();
  }
  metadata["vocabulary"] = format.vocabulary.ToJson();
  return metadata;
}

absl::StatusOr<ProblemFormat> ParseTaskFormat(absl::string_view task, absl::string_view order, absl::string_view layout,
                                              absl::string_view source) {
  ProblemFormat format;
  const absl::StatusOr<const Task*> known_task = FindTask(task);
  if (!known_task.ok()) return Refuse(source, known_task.status().message(), "a known task");
  const absl::StatusOr<DigitOrder> known_order = ParseDigitOrder(order);
  if (!known_order.ok()) return Refuse(source, known_order.status().message(), "a known order");
  format.task = *known_task;
  format.order = *known_order;
  const absl::Status parsed = ParseLayout(layout, &format);
  if (!parsed.ok()) return Refuse(source, parsed.message(), "a known layout");
  const absl::Status valid = ValidateProblemFormat(format);
  if (!valid.ok()) return BadInputError(absl::StrCat(source, ": layout ", Quote(layout), ": ", valid.message()));
  return format;
}

absl::StatusOr<std::string> FindMetadata(const std::map<std::string, std::string>& metadata, const std::string& key,
                                         absl::string_view source) {
  const auto found = metadata.find(key);
  if (found != metadata.end()) return found->second;
  return Refuse(source, absl::StrCat("no metadata \"", key, "\""), "what `tokenize` writes");
}

absl::StatusOr<DataFormat> ParseFormatMetadata(const std::map<std::string, std::string>& metadata,
                                               absl::string_view source, bool lengths) {
  TALLY_ASSIGN_OR_RETURN(const std::string vocabulary_json, FindMetadata(metadata, "vocabulary", source));
  std::vector<Texts> tasks = {metadata};
  if (const auto several = metadata.find(kTasks); several != metadata.end()) {
    TALLY_ASSIGN_OR_RETURN(tasks, ParseTaskList(several->second, source));
  }
  DataFormat format = {{}, Vocabulary::Arithmetic()};
  for (const Texts& texts : tasks) {
    TALLY_ASSIGN_OR_RETURN(const TaskFacts task, ParseTaskTexts(texts, source, lengths));
    format.tasks.push_back(task);
  }
  const std::string clash = FirstClash(FormatsOf(format.tasks));
  if (!clash.empty()) return BadInputError(absl::StrCat(source, ": ", clash));
  TALLY_ASSIGN_OR_RETURN(format.vocabulary,
                         Vocabulary::FromJson(vocabulary_json, absl::StrCat(source, ": metadata vocabulary")));
  return format;
}

absl::Status CheckSameVocabulary(const Vocabulary& a, absl::string_view a_source, const Vocabulary& b,
                                 absl::string_view b_source) {
  if (a.ToJson() == b.ToJson()) return absl::OkStatus();
  const absl::StatusOr<Vocabulary> both = Vocabulary::Covering({a, b});
  return Refuse(b_source, absl::StrCat("vocabulary ", b.name()),
                absl::StrCat(a.name(), ", that of ", a_source,
                             "; `tokenize --vocab=", both.ok() ? both->name() : "FILE", "` makes both with one"));
}

size_t FormatOfExample(absl::Span<const uint8_t> ids, const std::vector<ProblemFormat>& formats,
                       const Vocabulary& vocabulary) {
  if (formats.size() == 1) return 0;
  std::string room;
  const std::string line = vocabulary.Decode(std::vector<uint8_t>(ids.begin(), ids.end()));
  const absl::StatusOr<FoundProblem> found = FindProblem(line, formats, &room);
  return found.ok() ? found->format : 0;
}

absl::Status Mixture::Add(const DataFormat& data, const std::string& source) {
  if (sources_.empty()) format_.vocabulary = data.vocabulary;
  if (!sources_.empty()) {
    TALLY_RETURN_IF_ERROR(CheckSameVocabulary(format_.vocabulary, sources_[0], data.vocabulary, source));
  }
  for (const TaskFacts& task : data.tasks) TALLY_RETURN_IF_ERROR(AddTask(task, source));
  return absl::OkStatus();
}

absl::Status Mixture::AddTask(const TaskFacts& task, const std::string& source) {
  TaskFacts* same = nullptr;
  for (size_t i = 0; i < sources_.size(); ++i) {
    TaskFacts& other = format_.tasks[i];
    const std::string clash = Clash(other.format, task.format);
    if (!clash.empty()) return BadInputError(absl::StrCat(source, " and ", sources_[i], ": ", clash));
    if (other.format.task == task.format.task) same = &other;
  }
  if (same == nullptr) {
    format_.tasks.push_back(task);
    sources_.push_back(source);
    return absl::OkStatus();
  }
  same->first_operand.Widen(task.first_operand);
  same->second_operand.Widen(task.second_operand);
  return absl::OkStatus();
}

}  // namespace tally

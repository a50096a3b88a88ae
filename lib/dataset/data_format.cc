#include "lib/dataset/data_format.h"

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

absl::Status Refuse(absl::string_view source, absl::string_view found, absl::string_view expected) {
  return BadInputError(absl::StrCat(source, ": found ", found, ", expected ", expected));
}

}  // namespace

std::map<std::string, std::string> FormatMetadata(const ProblemFormat& lines, const Vocabulary& vocabulary) {
  return {{"task", std::string(lines.task->name())},
          {"digit_order", std::string(DigitOrderName(lines.order))},
          {"layout", LayoutText(lines)},
          {"vocabulary", vocabulary.ToJson()}};
}

absl::StatusOr<std::string> FindMetadata(const std::map<std::string, std::string>& metadata, const std::string& key,
                                         absl::string_view source) {
  const auto found = metadata.find(key);
  if (found != metadata.end()) return found->second;
  return Refuse(source, absl::StrCat("no metadata \"", key, "\""), "what `tokenize` writes");
}

absl::StatusOr<DataFormat> ParseFormatMetadata(const std::map<std::string, std::string>& metadata,
                                               absl::string_view source) {
  TALLY_ASSIGN_OR_RETURN(const std::string vocabulary_json, FindMetadata(metadata, "vocabulary", source));
  TALLY_ASSIGN_OR_RETURN(const std::string task_name, FindMetadata(metadata, "task", source));
  TALLY_ASSIGN_OR_RETURN(const std::string order_name, FindMetadata(metadata, "digit_order", source));
  TALLY_ASSIGN_OR_RETURN(const std::string layout, FindMetadata(metadata, "layout", source));
  TALLY_ASSIGN_OR_RETURN(Vocabulary vocabulary,
                         Vocabulary::FromJson(vocabulary_json, absl::StrCat(source, ": metadata vocabulary")));
  ProblemFormat lines;
  const absl::StatusOr<const Task*> task = FindTask(task_name);
  if (!task.ok()) return Refuse(source, task.status().message(), "a known task");
  const absl::StatusOr<DigitOrder> order = ParseDigitOrder(order_name);
  if (!order.ok()) return Refuse(source, order.status().message(), "a known order");
  lines.task = *task;
  lines.order = *order;
  const absl::Status parsed = ParseLayout(layout, &lines);
  if (!parsed.ok()) return Refuse(source, parsed.message(), "a known layout");
  return DataFormat{lines, vocabulary};
}

absl::Status CheckSameFormat(const DataFormat& a, absl::string_view a_source, const DataFormat& b,
                             absl::string_view b_source) {
  const std::map<std::string, std::string> expected = FormatMetadata(a.lines, a.vocabulary);
  for (const auto& [key, value] : FormatMetadata(b.lines, b.vocabulary)) {
    if (value == expected.at(key)) continue;
    return Refuse(b_source, absl::StrCat(key, " \"", value, "\""),
                  absl::StrCat("\"", expected.at(key), "\", that of ", a_source));
  }
  return absl::OkStatus();
}

}  // namespace tally

#include "lib/plot/report/run_facts.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/dataset/data_path.h"
#include "lib/plot/runs.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;

Json Parsed(absl::string_view line) { return ParseJson<Json>(line); }

std::string Text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// Rows by name, in the order in which names come first; a cell for each run.
class Rows {
 public:
  explicit Rows(const std::vector<ReportedRun>& runs) {
    table_.header = {""};
    for (const ReportedRun& run : runs) table_.header.push_back(run.label);
  }

  void Set(const std::string& name, size_t run, const std::string& value) {
    auto row = std::find_if(table_.rows.begin(), table_.rows.end(), [&](const auto& r) { return r[0] == name; });
    if (row == table_.rows.end()) {
      std::vector<std::string> cells(table_.header.size(), "-");
      cells[0] = name;
      row = table_.rows.insert(row, std::move(cells));
    }
    (*row)[run + 1] = value;
  }

  TextTable Finish() && { return std::move(table_); }

 private:
  TextTable table_;
};

// The last line of `text` with its newline; "" where there is none.
absl::string_view LastWholeLine(absl::string_view text) {
  const size_t end = text.rfind('\n');
  if (end == absl::string_view::npos) return "";
  text = text.substr(0, end);
  const size_t begin = text.rfind('\n');
  return begin == absl::string_view::npos ? text : text.substr(begin + 1);
}

// The highest resident_mb of the lines; 0 where none says.
double HighestMemory(absl::string_view text) {
  double highest = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const Json json = Parsed(line);
    if (!json.is_object() || !json.contains("resident_mb") || !json["resident_mb"].is_number()) continue;
    highest = std::max(highest, json["resident_mb"].get<double>());
  }
  return highest;
}

// A row for each value of the last whole line of `path`, JSON, in the column of run number `run`. Returns what the file
// holds, "" where there is none.
absl::StatusOr<std::string> SetLastLine(const std::string& path, size_t run, Rows* rows) {
  TALLY_ASSIGN_OR_RETURN(std::string text, ReadIfThere(path));
  const absl::string_view last = LastWholeLine(text);
  if (last.empty()) return text;
  const Json json = Parsed(last);
  if (!json.is_object()) {
    const auto number = std::count(text.begin(), text.end(), '\n');
    return BadInputError(absl::StrCat(path, ":", number, ": found no JSON object, expected a line that train wrote"));
  }
  for (const auto& [key, value] : json.items()) rows->Set(key, run, Text(value));
  return text;
}

// The data sets that a configuration names.
std::vector<std::string> DataPaths(const std::string& config) {
  std::vector<std::string> paths;
  for (const auto& [name, value] : ConfigFields(config)) {
    if (name != "data" && name != "train.validation_data") continue;
    for (const absl::string_view path : absl::StrSplit(value, ',', absl::SkipEmpty())) {
      paths.push_back(SplitDataPath(path).path);
    }
  }
  return paths;
}

}  // namespace

absl::StatusOr<std::vector<ReportedRun>> ReadReportedRuns(const std::vector<std::string>& words) {
  std::vector<ReportedRun> runs;
  for (const std::string& word : words) {
    const Labelled labelled = SplitLabel(word);
    const std::string path = WithoutTrailingSlashes(labelled.path);
    ReportedRun run = {labelled.label.empty() ? path : labelled.label, path, ""};
    TALLY_ASSIGN_OR_RETURN(run.config, ReadFile(absl::StrCat(run.path, "/config.textproto")));
    runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<std::pair<std::string, std::string>> ConfigFields(absl::string_view text) {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> path;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    if (line == "}") {
      if (!path.empty()) path.pop_back();
    } else if (absl::ConsumeSuffix(&line, "{")) {
      path.emplace_back(absl::StripSuffix(absl::StripAsciiWhitespace(line), ":"));
    } else {
      const std::pair<absl::string_view, absl::string_view> field = absl::StrSplit(line, absl::MaxSplits(": ", 1));
      absl::string_view value = field.second;
      if (absl::ConsumePrefix(&value, "\"")) absl::ConsumeSuffix(&value, "\"");
      const std::string name = absl::StrCat(absl::StrJoin(path, "."), path.empty() ? "" : ".", field.first);
      if (!fields.empty() && fields.back().first == name) {
        absl::StrAppend(&fields.back().second, ",", value);
      } else {
        fields.emplace_back(name, std::string(value));
      }
    }
  }
  return fields;
}

TextTable ConfigDifferences(const std::vector<ReportedRun>& runs) {
  Rows rows(runs);
  for (size_t i = 0; i < runs.size(); ++i) {
    for (const auto& [name, value] : ConfigFields(runs[i].config)) rows.Set(name, i, value);
  }
  TextTable table = std::move(rows).Finish();
  table.header[0] = "field";
  table.rows.erase(std::remove_if(table.rows.begin(), table.rows.end(),
                                  [](const std::vector<std::string>& row) {
                                    return std::all_of(row.begin() + 1, row.end(),
                                                       [&](const std::string& cell) { return cell == row[1]; });
                                  }),
                   table.rows.end());
  return table;
}

absl::StatusOr<TextTable> NewestMeasures(const std::vector<ReportedRun>& runs) {
  Rows rows(runs);
  for (size_t i = 0; i < runs.size(); ++i) {
    TALLY_ASSIGN_OR_RETURN(const std::string text, SetLastLine(runs[i].path + "/metrics.jsonl", i, &rows));
    if (const double memory = HighestMemory(text); memory > 0) {
      rows.Set("resident_mb, highest", i, absl::StrCat(memory));
    }
  }
  TextTable table = std::move(rows).Finish();
  table.header[0] = "measure";
  return table;
}

absl::StatusOr<TextTable> Machines(const std::vector<ReportedRun>& runs) {
  Rows rows(runs);
  for (size_t i = 0; i < runs.size(); ++i) {
    TALLY_RETURN_IF_ERROR(SetLastLine(runs[i].path + "/machine.jsonl", i, &rows).status());
  }
  return std::move(rows).Finish();
}

TextTable DataSets(const std::vector<ReportedRun>& runs) {
  TextTable table;
  table.header = {"data set", "run", "examples", "task", "digits reversed", "first operand", "second operand", "xxh3"};
  const char* const keys[] = {"count", "task", "digit_order", "first_operand", "second_operand", "xxh3"};
  for (const ReportedRun& run : runs) {
    for (const std::string& path : DataPaths(run.config)) {
      std::vector<std::string> row = {path, run.label};
      const auto file = SafetensorsFile::Open(path);
      for (const char* const key : keys) {
        const bool has = file.ok() && (*file)->metadata().count(key) > 0;
        row.push_back(has ? (*file)->metadata().at(key) : "-");
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

bool IsTraining(const std::string& run) {
  const int fd = open(run.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);  // gives the lock back
  return locked;
}

bool HoldsWrongAnswers(const std::string& path) {
  if (path == "-") return false;  // what is read of it would be lost
  const auto reader = LineReader::Open(path);
  absl::string_view line;
  if (!reader.ok() || !(*reader)->Next(&line).value_or(false)) return false;
  const Json json = Parsed(line);
  return json.is_object() && json.contains("problem") && json.contains("expected") && json.contains("got");
}

absl::StatusOr<WrongAnswers> ReadWrongAnswers(const std::string& path, int64_t most) {
  TALLY_ASSIGN_OR_RETURN(const auto reader, LineReader::Open(path));
  WrongAnswers wrong;
  wrong.table.header = {"problem", "expected", "got", "recurrences", "ended"};
  absl::string_view line;
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, reader->Next(&line));
    if (!more) return wrong;
    if (++wrong.all > most) continue;
    const Json json = Parsed(line);
    std::vector<std::string> row;
    for (const std::string& key : wrong.table.header) {
      if (!json.is_object() || !json.contains(key)) {
        return reader->ErrorHere(absl::StrCat("found no ", key, ", expected a line of eval --log_samples"));
      }
      row.push_back(Text(json[key]));
    }
    wrong.table.rows.push_back(std::move(row));
  }
}

}  // namespace tally

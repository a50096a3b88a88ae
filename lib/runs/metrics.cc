#include "lib/runs/metrics.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

// The step of a line of metrics; -1 where it has none (a line that a kill cut short).
int64_t StepOf(absl::string_view line) {
  const auto json = ParseJson(line);
  if (!json.is_object() || !json.contains("step") || !IsInt64(json["step"])) return -1;
  return json["step"].get<int64_t>();
}

// The lines of `text` that belong to steps up to `last_step`.
std::string LinesUpTo(const std::string& text, int64_t last_step) {
  std::string kept;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const int64_t step = StepOf(line);
    if (step >= 0 && step <= last_step) absl::StrAppend(&kept, line, "\n");
  }
  return kept;
}

// Six digits, whole numbers all of theirs; null for what is no number, which JSON cannot say otherwise.
std::string Number(double value) {
  if (!std::isfinite(value)) return "null";
  const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
  return whole ? absl::StrFormat("%.0f", value) : absl::StrFormat("%.6g", value);
}

}  // namespace

std::string ExactText(const ValidationMetrics& metrics) {
  const std::string tasks = absl::StrJoin(metrics.exact_by_task, ", ", [](std::string* out, const auto& task) {
    absl::StrAppendFormat(out, "%s %.1f %%", task.first, 100 * task.second);
  });
  return absl::StrFormat("%.1f %%%s", 100 * metrics.exact, tasks.empty() ? "" : absl::StrCat(" (", tasks, ")"));
}

std::string ExamplesText(const ValidationMetrics& metrics) {
  std::vector<std::string> parts;
  if (!metrics.right.empty()) parts.push_back(absl::StrCat("right: ", absl::StrJoin(metrics.right, ", ")));
  if (!metrics.wrong.empty()) parts.push_back(absl::StrCat("wrong: ", absl::StrJoin(metrics.wrong, ", ")));
  return absl::StrJoin(parts, "; ");
}

std::vector<std::pair<std::string, double>> NamedValues(const StepMetrics& m) {
  std::vector<std::pair<std::string, double>> values = {{"step", static_cast<double>(m.step)},
                                                        {"seconds", m.seconds},
                                                        {"loss", m.loss},
                                                        {"token_accuracy", m.token_accuracy},
                                                        {"exact", m.exact},
                                                        {"learning_rate", m.learning_rate},
                                                        {"grad_norm", m.grad_norm},
                                                        {"problems", static_cast<double>(m.problems)},
                                                        {"tokens_per_second", m.tokens_per_second},
                                                        {"padding", m.padding},
                                                        {"skipped", static_cast<double>(m.skipped)},
                                                        {"resident_mb", m.resident_mb},
                                                        {"entropy", m.entropy},
                                                        {"batch_size", m.batch_size}};
  if (m.epoch) values.emplace_back("epoch", *m.epoch);
  if (m.muon_learning_rate) values.emplace_back("learning_rate/muon", *m.muon_learning_rate);
  if (m.energy_joules) values.emplace_back("energy_joules", *m.energy_joules);
  if (m.device_mb) values.emplace_back("device_mb", *m.device_mb);
  if (m.device_energy_joules) values.emplace_back("device_energy_joules", *m.device_energy_joules);
  if (m.state_loss) values.emplace_back("state_loss", *m.state_loss);
  for (const auto& [number, accuracy] : m.state_accuracy) {
    values.emplace_back(absl::StrCat("state_accuracy/", number), accuracy);
  }
  if (m.validation) {
    values.emplace_back("validation_exact", m.validation->exact);
    values.emplace_back("validation_token_accuracy", m.validation->token_accuracy);
    values.emplace_back("validation_loss", m.validation->loss);
    for (const auto& [task, exact] : m.validation->exact_by_task) {
      values.emplace_back(absl::StrCat("validation_exact/", task), exact);
    }
  }
  return values;
}

absl::StatusOr<std::unique_ptr<MetricsFile>> MetricsFile::Open(const std::string& run, int64_t last_step) {
  const std::string path = run + "/metrics.jsonl";
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadIfThere(path, std::numeric_limits<int64_t>::max()));
  TALLY_RETURN_IF_ERROR(WriteFile(path, LinesUpTo(text, last_step)));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> file, AppendFile::Open(path));
  return std::unique_ptr<MetricsFile>(new MetricsFile(std::move(file)));
}

absl::Status MetricsFile::Append(const StepMetrics& m) {
  std::string line;
  for (const auto& [name, value] : NamedValues(m)) {
    absl::StrAppend(&line, line.empty() ? "{\"" : ",\"", name, "\":", Number(value));
  }
  line += "}\n";
  return file_->Append(line);
}

}  // namespace tally

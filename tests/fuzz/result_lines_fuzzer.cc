// Other files of lines that tools keep: metrics, settings of an evaluation, runs of a sweep, counts of errors; and what
// a continued run keeps of its metrics.
#include "lib/results/error_counts.h"
#include "lib/results/metrics.h"
#include "lib/results/settings.h"
#include "lib/results/sweep_runs.h"
#include "lib/runs/metrics.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

void CheckMetrics(absl::string_view text) {
  static MemoryFile& file = *new MemoryFile;
  const std::string& path = file.Holding(text);
  const absl::StatusOr<std::vector<LoggedStep>> steps = ReadMetrics(path);
  if (!steps.ok()) CheckRefusal(steps.status());
  if (steps.ok()) {
    TALLY_LAW(!steps->empty());
    for (size_t i = 1; i < steps->size(); ++i) TALLY_LAW((*steps)[i - 1].step < (*steps)[i].step);
  }
  const auto last = LastMetrics(path);
  if (!last.ok()) CheckRefusal(last.status());
  TALLY_LAW(last.ok() || !steps.ok());
}

// A run that goes on from step 5 keeps no later line, and what can be read before can be read then.
void CheckContinuedRun(absl::string_view text) {
  static const TestFolder& folder = *new TestFolder;
  const std::string path = folder.Write("metrics.jsonl", text);
  const absl::StatusOr<std::vector<LoggedStep>> before = ReadMetrics(path);
  TALLY_LAW(MetricsFile::Open(folder.path(), 5).ok());
  const absl::StatusOr<std::vector<LoggedStep>> after = ReadMetrics(path);
  if (!after.ok()) return CheckRefusal(after.status());
  for (const LoggedStep& step : *after) TALLY_LAW(step.step <= 5);
  if (!before.ok()) return;
  size_t kept = 0;
  for (const LoggedStep& step : *before) kept += step.step <= 5;
  TALLY_LAW(after->size() == kept);
}

// A value that is read and written is the same when it is read again.
template <typename FromJson, typename ToJson>
void CheckLine(absl::string_view line, FromJson from_json, ToJson to_json) {
  const auto value = from_json(line);
  if (!value.ok()) return CheckRefusal(value.status());
  const std::string text = to_json(*value);
  const auto again = from_json(text);
  TALLY_LAW(again.ok() && to_json(*again) == text);
}

}  // namespace

void CheckLaws(absl::string_view input) {
  Choices choices(input);
  switch (choices.Below(5)) {
    case 0:
      return CheckMetrics(choices.rest());
    case 1:
      return CheckContinuedRun(choices.rest());
    case 2:
      return CheckLine(choices.rest(), SettingsFromJson, SettingsToJson);
    case 3:
      return CheckLine(choices.rest(), SweepRunFromJson, SweepRunToJson);
    default:
      return CheckLine(choices.rest(), ErrorCounts::FromJson,
                       [](const ErrorCounts& counts) { return counts.ToJson(); });
  }
}

std::vector<std::string> Seeds() {
  const std::string steps =
      "{\"step\":1,\"seconds\":0.5,\"loss\":2.1,\"exact\":0,\"token_accuracy\":0.1,\"learning_rate\":0.001}\n"
      "{\"step\":6,\"seconds\":1,\"loss\":null,\"tokens_per_second\":1e5}\n";
  const std::string cut = "{\"step\":7,\"sec";
  return {'\0' + steps,
          '\0' + steps + cut,
          '\1' + steps + cut,
          '\2' + SettingsToJson({{"task", "addition"}, {"grid", "big"}, {"model", "a\nb"}}),
          '\3' + SweepRunToJson({3, {{"train.batch_size", "8"}}, 7}),
          '\4' + std::string(R"({"position":[[0,99,100],[1,97,100]],"end":[[3,1,1]]})")};
}

std::vector<std::string> Words() {
  return {"\"step\":",
          "\"seconds\":",
          "\"loss\":",
          "\"run\":",
          "\"values\":",
          "\"seed\":",
          "18446744073709551615",
          "-1",
          "null",
          "1e308",
          "}\n{",
          "[0,0,0]",
          "9223372036854775807",
          "\n"};
}

}  // namespace tally::fuzz

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/base/byte_reader.h"
#include "lib/base/status_macros.h"
#include "lib/plot/plot.h"
#include "lib/results/metrics.h"

namespace tally {
namespace {

constexpr size_t kMostPoints = 200;  // of a line

using Measure = double (*)(const LoggedStep&);

// Means of equal groups of neighbouring lines, few enough to draw.
ChartLine Line(const std::vector<LoggedStep>& steps, Measure x, Measure y) {
  ChartLine line;
  const size_t group = (steps.size() + kMostPoints - 1) / kMostPoints;
  for (size_t begin = 0; begin < steps.size(); begin += group) {
    const size_t end = std::min(begin + group, steps.size());
    ChartPoint point;
    for (size_t i = begin; i < end; ++i) {
      point.x += x(steps[i]) / static_cast<double>(end - begin);
      point.y += y(steps[i]) / static_cast<double>(end - begin);
    }
    line.points.push_back(point);
  }
  return line;
}

std::string NameOf(const Labelled& word) {
  if (!word.label.empty()) return word.label;
  if (word.path == "-") return InputName(word.path);
  absl::string_view name = word.path;
  absl::ConsumeSuffix(&name, "/metrics.jsonl");
  return WithoutTrailingSlashes(name);
}

struct PanelKind {
  const char* y_label;
  Measure y;
  bool log_y;
  bool percent;
};

constexpr PanelKind kPanels[] = {
    {"loss, nats a token", [](const LoggedStep& s) { return s.loss; }, true, false},
    {"exact training problems, %", [](const LoggedStep& s) { return 100 * s.exact; }, false, true},
    {"right answer tokens, %", [](const LoggedStep& s) { return 100 * s.token_accuracy; }, false, true},
    {"learning rate", [](const LoggedStep& s) { return s.learning_rate; }, false, false},
};

}  // namespace

absl::StatusOr<Chart> TrainingChart(const std::vector<std::string>& words, bool over_seconds,
                                    const std::string& title) {
  const Measure x = over_seconds ? Measure([](const LoggedStep& s) { return s.seconds; })
                                 : Measure([](const LoggedStep& s) { return static_cast<double>(s.step); });
  Chart chart;
  for (const PanelKind& kind : kPanels) {
    Panel panel;
    panel.x_label = over_seconds ? "seconds of training" : "training steps";
    panel.y_label = kind.y_label;
    panel.log_y = kind.log_y;
    panel.percent = kind.percent;
    chart.panels.push_back(panel);
  }
  LabelNumbers numbers;
  for (const std::string& word : words) {
    const Labelled run = SplitLabel(word);
    TALLY_ASSIGN_OR_RETURN(const std::vector<LoggedStep> steps, ReadMetrics(run.path));
    for (size_t i = 0; i < chart.panels.size(); ++i) {
      ChartLine line = Line(steps, x, kPanels[i].y);
      line.name = NameOf(run);
      line.style = numbers.Of(line.name);
      chart.panels[i].lines.push_back(std::move(line));
    }
  }
  chart.title = !title.empty()      ? title
                : words.size() == 1 ? absl::StrCat("training of ", NameOf(SplitLabel(words[0])))
                                    : absl::StrCat("training of ", words.size(), " runs");
  return chart;
}

}  // namespace tally

// What plot says to inputs and flags that it cannot use: exit code and message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string command;
  int code;
  std::string message;
};

// The commands run in a folder of their own with the files of data/.
void Check(const std::vector<Case>& cases) {
  const std::string folder = NewFolder();
  std::filesystem::copy("tests/plots/data", folder, std::filesystem::copy_options::recursive);
  for (const Case& c : cases) {
    const ToolResult result = RunCommand(folder, c.command);
    EXPECT_EQ(result.code, c.code) << c.command << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(c.message)) << c.command;
    EXPECT_EQ(result.out, "") << c.command;
    EXPECT_FALSE(std::filesystem::exists(folder + "/out.png")) << c.command;
  }
}

TEST(BadPlots, KindsAndFlags) {
  Check({
      {"plot trainng training_1.jsonl", 66,
       "trainng: cannot be opened: No such file or directory; did you mean training?"},
      {"plot heatmap cells_seed_1.jsonl --seconds", 2, "--seconds is for plot training, not for plot heatmap"},
      {"plot training training_1.jsonl --out=out.jpg", 2, ".png or .svg"},
      {"plot histograms data_set.jsonl --out=out.gif", 2, ".png or .svg"},
      {"plot training training_1.jsonl --out=out.png --width=10001", 2, "--width=10001; expected 0..10000"},
      {"plot training training_1.jsonl --out=missing/out.png", 73, "missing/out.png"},
      {"plot training training_1.jsonl --out=/dev/full", 2, ".png or .svg"},
      {"plot training training_1.jsonl >/dev/full", 74, "standard output"},
  });
}

TEST(BadPlots, Training) {
  Check({
      {"plot training missing.jsonl", 66, "missing.jsonl"},
      {"plot training .", 66, "metrics.jsonl"},
      {"plot training /dev/null --out=out.png", 65, "/dev/null: found no whole line"},
      {"plot training cells_seed_1.jsonl", 65, "cells_seed_1.jsonl:1: key seconds: found nothing"},
      {"plot training a=training_1.jsonl b=data_set.jsonl", 65, "data_set.jsonl:1: key step: found nothing"},
      {"cat training_1.jsonl training_1.jsonl | plot training", 65, "standard input:66: found step"},
      {"sed 2s/.*/x/ training_1.jsonl | plot training --out=out.png", 65, "standard input:2: found no JSON object"},
      {"head -c 99 /dev/urandom | plot training --out=out.png", 65, "standard input"},
  });
}

TEST(BadPlots, LengthsAndThinking) {
  Check({
      {"plot lengths long_1.jsonl --cells=longst", 2,
       "--cells=longst: expected equal or longest; did you mean longest?"},
      {"plot lengths a:b=long_1.jsonl c=long_2.jsonl --panels", 2,
       "--panels: found the label `c`, expected PANEL:LINE"},
      {"plot thinking thinking.jsonl --panels", 2, "--panels is for plot lengths, not for plot thinking"},
      {"plot lengths long_1.jsonl --first_element", 65, "cell of 1 x 1 by runs/seed_1: found no first_exact"},
      {"plot lengths long_1.jsonl long_1.jsonl", 65,
       "found two cells of 1 x 1 by runs/seed_1, step 1293, 3 recurrences"},
      {"grep '.first_digits.:1,' cells_seed_1.jsonl | grep -v '.second_digits.:1,' | plot lengths", 65,
       "found no cell of two equal lengths, expected some; --cells=longest takes the others"},
      {"sed s/.problems.:../\\\"problems\\\":\\\"p\\\"/ long_1.jsonl | head -1 | plot lengths --cells=longest", 65,
       "found no cell of a grid"},
      {"plot lengths training_1.jsonl", 65, "training_1.jsonl:1: key task: found nothing"},
      {"plot lengths a=missing.jsonl", 66, "missing.jsonl"},
      {"plot lengths /dev/null", 65, "/dev/null: found no line"},
      {"plot thinking long_1.jsonl --out=out.png", 65, "found cells of 3 recurrences only, expected several"},
      {"plot thinking thinking.jsonl thinking.jsonl", 65, "found two cells of 2 x 2"},
      {"plot thinking thinking.jsonl --log", 2, "--log is for plot lengths, not for plot thinking"},
  });
}

TEST(BadPlots, Heatmaps) {
  Check({
      {"plot heatmap cells_seed_1.jsonl cells_seed_2.jsonl --out=out.png", 65,
       "cells of several models: found addition, runs/seed_2, step 1368, 3 recurrences, expected addition, "
       "runs/seed_1"},
      {"plot cells_seed_1.jsonl cells_seed_1.jsonl --out=out.png", 65, "found two cells of 1 x 1, expected one"},
      {"plot thinking.jsonl", 65, "cells of several models: found addition, runs/seed_1, step 1293, 2 recurrences"},
      {"plot given.jsonl", 65, "found no cell of a grid"},
      {"plot cells_seed_1.jsonl --first_element", 65, "cell of 1 x 1 by runs/seed_1: found no first_exact"},
      {"plot sort cells_seed_1.jsonl", 65, "found cells of addition, expected sorting"},
      {"plot sort sorting.jsonl --log", 2, "--log is for plot lengths, not for plot sort"},
      {"plot /dev/null --out=out.png", 65, "/dev/null: found no line"},
      {"head -c 500 cells_seed_1.jsonl | plot --out=out.png", 65, "standard input:2: "},
  });
}

TEST(BadPlots, Tables) {
  Check({
      {"plot table long_1.jsonl --format=html", 2, "--format=html: expected markdown, csv or latex"},
      {"plot table long_1.jsonl --format=latx", 2, "did you mean latex?"},
      {"plot table long_1.jsonl --out=table.doc", 2, "--out=table.doc: expected a name ending in .md, .csv or .tex"},
      {"plot table long_1.jsonl --out=missing/table.md", 73, "missing/table.md"},
      {"plot table long_1.jsonl long_1.jsonl", 65, "found two cells of 1 x 1"},
      {"plot table training_1.jsonl", 65, "training_1.jsonl:1: key task"},
  });
}

TEST(BadPlots, Reports) {
  Check({
      {"plot report", 2, "plot report needs the folder of a run"},
      {"plot report missing", 66, "missing/config.textproto"},
      {"plot report run --out=report.pdf", 2, "--out=report.pdf: expected a name ending in .html"},
      {"plot report run training_1.jsonl --out=out.html", 65, "training_1.jsonl:1: key task"},
      {"plot report run missing.jsonl", 66, "missing.jsonl"},
      {"plot report run --out=missing/report.html", 73, "missing/report.html"},
      {"cp -r run a; echo x >a/metrics.jsonl; plot report a --out=out.html", 65, "a/metrics.jsonl:1: found no JSON"},
      {"cp -r run b; head -c 99 run/metrics.jsonl >b/checkpoints/latest/model.safetensors; plot report b", 65,
       "b/checkpoints/latest/model.safetensors"},
  });
}

TEST(BadPlots, Histograms) {
  Check({
      {"plot histograms /dev/null --out=out.png", 65, "found no histograms"},
      {"plot histograms cells_seed_1.jsonl", 65, "cells_seed_1.jsonl:1: expected a line written by tokenize"},
      {"head -c 100 data_set.jsonl | plot histograms", 65, "standard input:2: "},
  });
}

}  // namespace
}  // namespace tally

// The benchmark of a training step: it takes the steps that train takes, and prints a line that adds up.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

constexpr char kSmall[] =
    " --data=tokens.safetensors --set model.hidden_size=16 --set train.batch_size=8 --set train.threads=1"
    " --set train.schedule.decay_fraction=0";

TEST(StepTest, TakesTheStepsOfTrain) {
  const std::string folder = NewFolder();
  const std::string commands =
      "datagen --count=64 --max_digits=3 --seed=1 | tokenize --out=tokens.safetensors\n"
      "train --out=run --steps=3 --set train.log_every_steps=1" +
      std::string(kSmall) +
      "\nsed -E 's/.*\"loss\":([^,}]*).*/\\1/' run/metrics.jsonl >losses\n"
      "step --first_steps=3 --losses --seconds=.1 --header" +
      kSmall;
  const ToolResult result = RunCommand(folder, commands);
  ASSERT_EQ(result.code, 0) << result.err;
  std::istringstream lines(result.out), losses(ReadAll(folder + "/losses"));
  for (int step = 0; step < 3; ++step) {
    double measured = 0, trained = -1;
    ASSERT_TRUE(lines >> measured && losses >> trained);
    EXPECT_NEAR(measured, trained, 1e-5) << step;
  }
  std::string column, layers, position;
  while (lines >> column && column != "MiB") continue;
  double hidden = 0, tokens = 0, batch = 0, threads = 0, milliseconds = 0, tokens_per_second = 0;
  ASSERT_TRUE(lines >> hidden >> layers >> position >> tokens >> batch >> threads >> milliseconds >> tokens_per_second);
  EXPECT_EQ(hidden, 16);
  EXPECT_EQ(layers, "1x3");
  EXPECT_EQ(batch, 8);
  EXPECT_GT(tokens, 4);
  EXPECT_LE(tokens_per_second, 1.5 * batch * tokens / (milliseconds / 1e3));
}

}  // namespace
}  // namespace tally

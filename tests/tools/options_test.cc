// Every option says what it does, has a default that it allows, and is written in the pages of docs/options.
#include "lib/config/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "bench/step_flags.pb.h"
#include "lib/dataset/tokenize_flags.pb.h"
#include "lib/eval/evaluation_flags.pb.h"
#include "lib/plot/plot_flags.pb.h"
#include "lib/runs/run_config.pb.h"
#include "lib/tasks/sampling/generate_flags.pb.h"
#include "lib/train/train_flags.pb.h"
#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::IsEmpty;

TEST(OptionsTest, EveryOptionHasHelpAndADefaultInItsRange) {
  for (const auto* type :
       {RunConfig::descriptor(), GenerateFlags::descriptor(), TokenizeFlags::descriptor(), TrainFlags::descriptor(),
        EvaluationFlags::descriptor(), EvalGridFlags::descriptor(), SortGridFlags::descriptor(),
        PredictFlags::descriptor(), PlotFlags::descriptor(), StepFlags::descriptor()}) {
    EXPECT_THAT(OptionDefects(*type), IsEmpty()) << type->name();
  }
}

// Number and names of what a continued run may change: a new field is not among them unless it says so.
TEST(OptionsTest, WhatMayChangeOnResume) {
  std::vector<std::string> paths;
  VisitFields(*RunConfig::descriptor(), [&](const std::string& path, const google::protobuf::FieldDescriptor& field) {
    if (OptionOf(field).may_change_on_resume()) paths.push_back(path);
  });
  EXPECT_THAT(paths, ::testing::UnorderedElementsAre("train.steps", "train.minutes", "train.log_every_steps",
                                                     "train.save_every_steps", "train.save_every_minutes",
                                                     "train.keep_last", "train.keep_every_steps", "train.stop_at_exact",
                                                     "train.stop_evaluations", "train.tensorboard", "train.tracker",
                                                     "train.distributed_timeout_seconds"));
}

class OptionPages : public ::testing::TestWithParam<std::string> {};

TEST_P(OptionPages, AreWhatTheToolsSay) {
  const bool configuration = GetParam() == "configuration";
  const std::string page = ReadAll("docs/options/" + GetParam() + ".md");
  const ToolResult said =
      RunCommand(NewFolder(), configuration ? "train --help=configuration" : "env " + GetParam() + " --help=markdown");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(page == said.out) << "docs/options/" << GetParam()
                                << ".md differs from what the tool says; scripts/option_pages.sh writes it";
}

INSTANTIATE_TEST_SUITE_P(Tools, OptionPages,
                         ::testing::Values("datagen", "tokenize", "train", "eval", "sort_eval", "predict", "plot",
                                           "configuration"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tally

#include "lib/runs/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"
#include "lib/model/stored_formats_for_test.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

// A folder that does not exist yet.
std::string NewRun(absl::string_view name) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/runs/", name);
  std::filesystem::remove_all(run);
  return run;
}

TEST(RunFolderTest, ConfigurationComesBack) {
  const std::string run = NewRun("config");
  EXPECT_FALSE(RunExists(run).value());
  RunConfig config;
  config.add_data("a b.safetensors");
  config.mutable_train()->set_steps(7);
  ASSERT_TRUE(WriteRunConfig(run, config).ok());
  EXPECT_TRUE(RunExists(run).value());
  FillDefaults(&config);
  EXPECT_EQ(ReadRunConfig(run)->DebugString(), config.DebugString());
}

// Runs that four commits have started, each with every field that it knew. They are the same runs to one that
// continues them with the configuration that it reads there.
TEST(RunFolderTest, ARunOlderThanAFieldGoesOnWithoutIt) {
  const auto stored = [](const std::string& commit) {
    const auto config = ReadRunConfig("lib/model/testdata/formats/" + commit);
    EXPECT_TRUE(config.ok()) << config.status();
    RunConfig filled = *config;
    FillDefaults(&filled);
    EXPECT_TRUE(CheckSameRun(*config, filled).ok());
    return config->model().attention();
  };
  ExpectFunctionOfEachFormat(stored);
}

// Folders as the reference, PyTorch and Tally leave models in them. Nothing may be trained there, and nothing is
// written.
TEST(RunFolderTest, AFolderWithAModelIsNoPlaceForARun) {
  const auto refusal = [](const std::string& file, bool resume) {
    const std::string folder = NewRun("model");
    std::filesystem::create_directories(std::filesystem::path(folder + "/" + file).parent_path());
    EXPECT_TRUE(WriteFile(folder + "/" + file, "x").ok());
    const absl::Status status = CheckMayTrainIn(folder, resume);
    EXPECT_EQ(ExitCodeOf(status), kExitCannotCreate) << file;
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("/model: found ", file, ", a model, and no ")));
  };
  for (const bool resume : {false, true}) {
    for (const char* file :
         {"model.safetensors", "state_dict.pth", "weights.pt", "pytorch_model.bin", "model_config.json", "config.json",
          "checkpoints/step_00000001", "checkpoints/INTERMEDIATE", "step_00000001/model.safetensors"}) {
      refusal(file, resume);
    }
  }
}

TEST(RunFolderTest, NewEmptyAndOtherFoldersMayBeTrainedIn) {
  const std::string run = NewRun("free");
  EXPECT_TRUE(CheckMayTrainIn(run, /*resume=*/false).ok());
  EXPECT_TRUE(CheckMayTrainIn(run, /*resume=*/true).ok());
  std::filesystem::create_directories(run + "/checkpoints");
  std::filesystem::create_directories(run + "/other_run/checkpoints/step_00000001");
  ASSERT_TRUE(WriteFile(run + "/notes.txt", "x").ok());
  EXPECT_TRUE(CheckMayTrainIn(run, /*resume=*/false).ok());
}

TEST(RunFolderTest, OnlyResumeContinuesARun) {
  const std::string run = NewRun("own");
  ASSERT_TRUE(WriteRunConfig(run, RunConfig()).ok());
  std::filesystem::create_directories(run + "/checkpoints/step_00000001");
  EXPECT_TRUE(CheckMayTrainIn(run, /*resume=*/true).ok());
  const absl::Status status = CheckMayTrainIn(run, /*resume=*/false);
  EXPECT_EQ(ExitCodeOf(status), kExitCannotCreate);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--resume continues it"));
}

TEST(RunFolderTest, EveryChangedByteIsNoticed) {
  const std::string run = NewRun("changed");
  ASSERT_TRUE(WriteRunConfig(run, RunConfig()).ok());
  const std::string path = run + "/config.textproto", text = *ReadFile(path);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] ^= 1;
    std::ofstream(path, std::ios::binary) << changed;
    EXPECT_FALSE(ReadRunConfig(run).ok()) << "byte " << i;
  }
}

TEST(RunFolderTest, AnEditIsAcceptedWhereAsked) {
  const std::string run = NewRun("edited");
  ASSERT_TRUE(WriteRunConfig(run, RunConfig()).ok());
  const std::string path = run + "/config.textproto";
  std::string text = *ReadFile(path);
  text.replace(text.find("hidden_size: 64"), 15, "hidden_size: 96");
  ASSERT_TRUE(WriteFile(path, text).ok());
  const absl::Status status = ReadRunConfig(run).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("config.textproto: found no right hash in its last line"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("--accept_edits takes the file as it is"));
  EXPECT_EQ(ReadRunConfig(run, /*accept_edits=*/true)->model().hidden_size(), 96);
}

TEST(RunFolderTest, AFolderThatCannotBeMadeIsSaid) {
  const absl::Status status = WriteRunConfig("/proc/tally/run", RunConfig());
  EXPECT_EQ(ExitCodeOf(status), kExitCannotCreate);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/tally/run: "));
}

TEST(RunFolderTest, BudgetsMayChangeAndNothingElse) {
  RunConfig a, b;
  a.mutable_train()->set_steps(5);
  b.mutable_train()->set_minutes(1);
  b.mutable_train()->set_save_every_steps(3);
  b.mutable_train()->set_keep_last(9);
  EXPECT_TRUE(CheckSameRun(a, b).ok());
  b.mutable_train()->set_seed(8);
  const absl::Status status = CheckSameRun(a, b);
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("train.seed"));
}

TEST(RunFolderTest, OtherDataAreNamed) {
  RunConfig started, now;
  started.add_data("a.safetensors");
  now.add_data("b.safetensors:2");
  const std::string message = "a continued run keeps its data: found b.safetensors:2, expected a.safetensors";
  EXPECT_EQ(CheckSameRun(started, now).message(), message);
  EXPECT_EQ(CheckSameData(started, now, "; do this").message(), message + "; do this");
  EXPECT_TRUE(CheckSameData(now, now, "").ok());
}

TEST(RunFolderTest, NumbersOutOfBoundsAreNamed) {
  TrainConfig good;
  good.set_steps(1);
  ASSERT_TRUE(ValidateTrainConfig(good).ok());
  const auto message = [&](void (*spoil)(TrainConfig*)) {
    TrainConfig config = good;
    spoil(&config);
    const absl::Status status = ValidateTrainConfig(config);
    EXPECT_EQ(ExitCodeOf(status), kExitUsage);
    return std::string(status.message());
  };
  EXPECT_THAT(message([](TrainConfig* c) { c->set_steps(0); }), HasSubstr("no budget"));
  EXPECT_THAT(message([](TrainConfig* c) { c->set_batch_size(0); }), HasSubstr("train.batch_size is 0"));
  EXPECT_THAT(message([](TrainConfig* c) { c->set_minutes(-1); }), HasSubstr("train.minutes is -1"));
  EXPECT_THAT(message([](TrainConfig* c) { c->mutable_optimizer()->set_learning_rate(0.0 / 0.0); }),
              HasSubstr("train.optimizer.learning_rate is "));
  EXPECT_THAT(message([](TrainConfig* c) { c->mutable_schedule()->set_decay_fraction(1.5); }),
              HasSubstr("train.schedule.decay_fraction is 1.5; expected 0..1"));
  EXPECT_THAT(message([](TrainConfig* c) { c->mutable_schedule()->set_cycles(0); }),
              HasSubstr("train.schedule.cycles is 0"));
  EXPECT_THAT(message([](TrainConfig* c) { c->mutable_schedule()->set_kind(ScheduleConfig::INVERSE_SQRT); }),
              HasSubstr("train.schedule.warmup_fraction above 0"));
  EXPECT_THAT(message([](TrainConfig* c) { c->mutable_schedule()->set_batch_ramp_fraction(0.5); }),
              HasSubstr("train.microbatch_size above 0"));
}

TEST(OverrideLogTest, StartsAndChangesOfContinuedRunsAreKept) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/override_log");
  std::filesystem::remove_all(run);
  std::filesystem::create_directories(run);
  ASSERT_TRUE(LogOverrides(run, 0, {{"train.steps", "0", "5", "flags"}, {"model.layers", "1", "2", "--set"}}).ok());
  ASSERT_TRUE(LogOverrides(run, 5, {}).ok());
  ASSERT_TRUE(LogOverrides(run, 5, {{"train.steps", "5", "9", "a.textproto"}}).ok());
  EXPECT_EQ(*ReadFile(run + "/overrides.txt"),
            "started\n"
            "  train.steps: 0 -> 5 (flags)\n"
            "  model.layers: 1 -> 2 (--set)\n"
            "continued after step 5\n"
            "  train.steps: 5 -> 9 (a.textproto)\n");
}

TEST(OverrideLogTest, AFolderThatIsNotThereIsSaid) { EXPECT_FALSE(LogOverrides("/proc/tally/run", 0, {}).ok()); }

}  // namespace
}  // namespace tally

#include "lib/runs/checkpoint_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/batches/source_for_test.h"
#include "lib/checkpoint/checkpoint.h"

namespace tally {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class CheckpointManagerTest : public ::testing::Test {
 protected:
  CheckpointManagerTest() : run_(absl::StrCat(::testing::TempDir(), "/checkpoint_manager")) {
    std::filesystem::remove_all(run_);
    config_.mutable_model()->set_hidden_size(8);
    config_.mutable_model()->mutable_attention()->set_heads(2);
    model_ = *Model::Create(config_.model(), 3);
    optimizer_ = std::make_unique<Optimizer>(config_.train().optimizer(), model_->parameters(), /*seed=*/3);
  }

  CheckpointManager Manager(const RunAccess& access) {
    return CheckpointManager(run_, config_, {&source_, model_.get(), optimizer_.get(), nullptr}, access);
  }
  static RunAccess Start() { return {}; }
  static RunAccess Resume() { return {/*writes=*/true, /*resume=*/true}; }

  // The run with a checkpoint of step 2, of its best evaluation.
  void SaveTwoSteps() {
    CheckpointManager manager = Manager(Start());
    TrainerState state;
    ASSERT_TRUE(manager.Open(&state).ok());
    state.step = 2;
    state.problems = 10;
    state.best_step = 2;
    ASSERT_TRUE(manager.Save(&state).ok());
    EXPECT_EQ(state.data, source_.fingerprint);
  }

  const std::string run_;
  RunConfig config_;
  SourceForTest source_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
};

TEST_F(CheckpointManagerTest, ANewRunIsWrittenAndLocked) {
  config_.mutable_train()->set_microbatch_size(5);
  CheckpointManager manager = Manager(Resume());
  TrainerState state;
  ASSERT_TRUE(manager.Open(&state).ok());
  EXPECT_EQ(ReadRunConfig(run_)->train().microbatch_size(), 5);
  EXPECT_EQ(state.step, 0);
  TrainerState other;
  EXPECT_EQ(ExitCodeOf(Manager(Resume()).Open(&other)), kExitCannotCreate) << "it is locked";
}

TEST_F(CheckpointManagerTest, ChangedFilesAreRefusedUnlessAccepted) {
  SaveTwoSteps();
  const std::string checkpoint = *FindCheckpoint(run_);
  for (const std::string& file : {run_ + "/config.textproto", checkpoint + "/config.json",
                                  checkpoint + "/trainer.safetensors", checkpoint + "/DONE"}) {
    const std::string text = *ReadFile(file);
    std::string changed = text;
    changed[0] ^= 1;
    ASSERT_TRUE(WriteFile(file, changed).ok());
    TrainerState state;
    EXPECT_EQ(ExitCodeOf(Manager(Resume()).Open(&state)), kExitBadInput) << file;
    ASSERT_TRUE(WriteFile(file, text).ok());
  }
  ASSERT_TRUE(WriteFile(checkpoint + "/tokenizer.json", "edited").ok());
  TrainerState state;
  ASSERT_TRUE(Manager({/*writes=*/true, /*resume=*/true, /*accept_edits=*/true}).Open(&state).ok());
  EXPECT_EQ(state.step, 2);
}

TEST_F(CheckpointManagerTest, OnlyResumeContinuesARun) {
  SaveTwoSteps();
  TrainerState state;
  const absl::Status status = Manager(Start()).Open(&state);
  EXPECT_EQ(ExitCodeOf(status), kExitCannotCreate);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--resume continues it"));
  std::filesystem::remove(run_ + "/checkpoints/best");
  ASSERT_TRUE(Manager(Resume()).Open(&state).ok());
  EXPECT_EQ(state.step, 2);
  EXPECT_TRUE(std::filesystem::exists(run_ + "/checkpoints/best")) << "the link is repaired";
}

TEST_F(CheckpointManagerTest, OtherDataAreRefused) {
  SaveTwoSteps();
  source_.fingerprint = "two problems";
  TrainerState state;
  const absl::Status status = Manager(Resume()).Open(&state);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_EQ(status.message(),
            "found other training data, two problems, expected the run's own, one problem; --change_data goes on with "
            "them");
}

TEST_F(CheckpointManagerTest, OtherDataThatAreAskedForBeginWithTheirFirstExample) {
  SaveTwoSteps();
  source_.fingerprint = "two problems";
  config_.add_data("other");
  const RunAccess change = {/*writes=*/true, /*resume=*/true, /*accept_edits=*/false, /*change_data=*/true};
  {
    CheckpointManager manager = Manager(change);
    TrainerState state;
    ASSERT_TRUE(manager.Open(&state).ok());
    EXPECT_EQ(state.problems, 10);
    EXPECT_EQ(state.Place(), 0);
    state.step = 3;
    state.problems = 15;
    ASSERT_TRUE(manager.Save(&state).ok());
  }
  for (const RunAccess& access : {change, Resume()}) {  // the same line once more, or a plain one
    TrainerState state;
    ASSERT_TRUE(Manager(access).Open(&state).ok());
    EXPECT_EQ(state.Place(), 5);
  }
}

TEST_F(CheckpointManagerTest, OtherDataHaveTheVocabularyOfTheModel) {
  SaveTwoSteps();
  source_.fingerprint = "two problems";
  source_.mutable_facts()->format.vocabulary = *Vocabulary::ByName("sort");
  const std::string config = *ReadFile(run_ + "/config.textproto");
  config_.add_data("sorting");
  TrainerState state;
  const absl::Status status = Manager({true, true, false, /*change_data=*/true}).Open(&state);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the vocabulary \"sort\", expected the model's, \"pad\""));
  EXPECT_EQ(*ReadFile(run_ + "/config.textproto"), config) << "the run is as it was";
}

TEST_F(CheckpointManagerTest, WhoDoesNotWriteReadsTheSame) {
  SaveTwoSteps();
  CheckpointManager reader = Manager({/*writes=*/false});
  TrainerState state;
  ASSERT_TRUE(reader.Restore(&state).ok());
  EXPECT_EQ(state.step, 2);
  state.step = 3;
  EXPECT_TRUE(reader.Save(&state).ok());
  EXPECT_THAT(*FindCheckpoint(run_), EndsWith("step_00000002"));
}

TEST_F(CheckpointManagerTest, OldOnesGoAndTheBestStays) {
  config_.mutable_train()->set_keep_last(1);
  config_.mutable_train()->set_save_every_steps(2);
  CheckpointManager manager = Manager(Start());
  TrainerState state;
  ASSERT_TRUE(manager.Open(&state).ok());
  state.best_step = 4;
  for (state.step = 1; state.step <= 8; ++state.step) {
    EXPECT_EQ(manager.SaveIsDue(state), state.step % 2 == 0) << state.step;
    if (state.step % 2 == 0) {
      EXPECT_TRUE(manager.Save(&state).ok());
    }
  }
  for (const int step : {2, 4, 6, 8}) {
    const std::string folder = absl::StrCat(run_, "/checkpoints/step_0000000", step);
    EXPECT_EQ(std::filesystem::exists(folder), step == 4 || step == 8) << step;
  }
}

// A process that was killed between its last checkpoint and the removal of older ones leaves one too many, and a run
// that is at its end saves no other.
TEST_F(CheckpointManagerTest, OldOnesThatAKilledProcessLeftGoWhenTheRunIsOpened) {
  config_.mutable_train()->set_keep_last(0);
  {
    CheckpointManager manager = Manager(Start());
    TrainerState state;
    ASSERT_TRUE(manager.Open(&state).ok());
    for (const int64_t step : {2, 4, 6}) {
      state.step = step;
      ASSERT_TRUE(manager.Save(&state).ok());
    }
  }
  config_.mutable_train()->set_keep_last(2);
  TrainerState state;
  const absl::Status opened = Manager(Resume()).Open(&state);
  ASSERT_TRUE(opened.ok()) << opened;
  EXPECT_EQ(state.step, 6);
  EXPECT_FALSE(std::filesystem::exists(run_ + "/checkpoints/step_00000002"));
  EXPECT_TRUE(std::filesystem::exists(run_ + "/checkpoints/step_00000004"));
  EXPECT_TRUE(std::filesystem::exists(run_ + "/checkpoints/step_00000006"));
}

TEST(NoteIfBestTest, MoreExactAnswersThenASmallerLoss) {
  TrainerState state;
  const auto note = [&](int64_t step, double exact, double loss) {
    state.step = step;
    ValidationMetrics now;
    now.exact = exact;
    now.loss = loss;
    return NoteIfBest(now, &state);
  };
  EXPECT_TRUE(note(1, 0, 9)) << "the first";
  EXPECT_FALSE(note(2, 0, 9));
  EXPECT_TRUE(note(3, 0, 8));
  EXPECT_TRUE(note(4, 0.5, 10));
  EXPECT_FALSE(note(5, 0.4, 1));
  EXPECT_EQ(state.best_step, 4);
  EXPECT_EQ(state.best_exact, 0.5);
  EXPECT_EQ(state.best_loss, 10);
}

}  // namespace
}  // namespace tally

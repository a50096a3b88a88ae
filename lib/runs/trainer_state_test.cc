#include "lib/runs/trainer_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TrainerState SomeState() {
  TrainerState state;
  state.step = 123456789012;
  state.problems = 7;
  state.seconds = 1.0 / 3;
  state.skipped = 5;
  state.skipped_in_a_row = 2;
  state.best_step = 40;
  state.best_exact = 2.0 / 3;
  state.best_loss = 1e-300;
  state.loss_scale = 1024;
  state.good_steps = 1999;
  state.exact_in_a_row = 3;
  state.data_begins = 4;
  state.data = "3 problems";
  return state;
}

TEST(TrainerStateTest, ComesBackBitForBit) {
  const auto metadata = StateToMetadata(SomeState());
  const TrainerState state = *StateFromMetadata(metadata, "file");
  EXPECT_EQ(state.step, 123456789012);
  EXPECT_EQ(state.problems, 7);
  EXPECT_EQ(state.seconds, 1.0 / 3);
  EXPECT_EQ(state.skipped, 5);
  EXPECT_EQ(state.skipped_in_a_row, 2);
  EXPECT_EQ(state.best_step, 40);
  EXPECT_EQ(state.best_exact, 2.0 / 3);
  EXPECT_EQ(state.best_loss, 1e-300);
  EXPECT_EQ(state.loss_scale, 1024);
  EXPECT_EQ(state.good_steps, 1999);
  EXPECT_EQ(state.exact_in_a_row, 3);
  EXPECT_EQ(state.data_begins, 4);
  EXPECT_EQ(state.Place(), 3);
  EXPECT_EQ(state.data, "3 problems");
}

TEST(TrainerStateTest, OlderCheckpointsLackSomeNumbers) {
  auto metadata = StateToMetadata(SomeState());
  metadata.erase("loss_scale");
  metadata.erase("good_steps");
  metadata.erase("exact_in_a_row");
  metadata.erase("data_begins");
  const absl::StatusOr<TrainerState> state = StateFromMetadata(metadata, "file");
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->loss_scale, 65536);
  EXPECT_EQ(state->good_steps, 0);
  EXPECT_EQ(state->exact_in_a_row, 0);
  EXPECT_EQ(state->data_begins, 0);
}

TEST(TrainerStateTest, EveryNumberMustBeThere) {
  for (const auto& [key, value] : StateToMetadata(SomeState())) {
    if (key == "data") continue;
    for (const char* wrong : {"", "x"}) {
      auto metadata = StateToMetadata(SomeState());
      metadata[key] = wrong;
      const absl::Status status = StateFromMetadata(metadata, "trainer.safetensors").status();
      EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << key;
      EXPECT_THAT(std::string(status.message()), HasSubstr("trainer.safetensors: metadata " + key));
    }
  }
}

}  // namespace
}  // namespace tally

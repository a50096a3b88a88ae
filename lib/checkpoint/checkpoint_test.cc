#include "lib/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/done_file.h"
#include "lib/config/config.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

ModelCard SomeCard(int64_t step) {
  ModelCard card;
  card.config.set_hidden_size(8);
  card.config.mutable_attention()->set_heads(2);
  card.config.set_recurrences(2);
  card.data.tasks = {{ProblemFormat(), {1, 20}, {2, 18}}};
  card.step = step;
  return card;
}

class CheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    run_ = absl::StrCat(::testing::TempDir(), "/run");
    fs::remove_all(run_);
  }

  absl::Status Save(int64_t step) {
    const ModelCard card = SomeCard(step);
    const auto model = *Model::Create(card.config, /*seed=*/step);
    const std::string moments(8, 'm');
    return SaveCheckpoint(run_, card, *model, {{"moments", {DType::kF32, {2}, moments}}}, {{"k", "v"}});
  }

  std::string Folder(int64_t step) const { return absl::StrFormat("%s/checkpoints/step_%08d", run_, step); }

  // What LoadModel says of `file` of the checkpoint, replaced by `bytes`, where edits are accepted.
  std::string Refusal(const std::string& file, absl::string_view bytes) {
    EXPECT_TRUE(WriteFile(Folder(5) + "/" + file, bytes).ok());
    EXPECT_THAT(std::string(LoadModel(run_).status().message()), HasSubstr("as DONE beside it says"));
    const absl::Status status = LoadModel(run_, /*accept_edits=*/true).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
    return std::string(status.message());
  }

  std::string run_;
};

TEST_F(CheckpointTest, SeveralTasksComeBack) {
  ModelCard card = SomeCard(1);
  ProblemFormat parity(TaskNamed("parity"), {.scratchpad = true});
  card.data.tasks.push_back({parity, {3, 9}, {3, 9}});
  const auto model = *Model::Create(card.config, 1);
  ASSERT_TRUE(SaveCheckpoint(run_, card, *model, {}, {}).ok());
  const absl::StatusOr<ModelCard> read = ReadModelCard(Folder(1));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(NamesOf(read->data.tasks), "addition, parity");
  EXPECT_EQ(read->data.tasks[0].second_operand.min, 2);
  EXPECT_TRUE(read->data.tasks[1].format.scratchpad);
  EXPECT_EQ(read->data.tasks[1].first_operand.max, 9);
  EXPECT_EQ(read->step, 1);
}

// The reference says nothing of its lines; its vocabulary of hints is for those that have some.
TEST_F(CheckpointTest, AReferenceWithTheVocabularyOfHintsHasHints) {
  fs::create_directories(run_);
  for (const char* name : {"pad", "index"}) {
    auto json = nlohmann::json::parse(*ReadFile("tests/parity/models/lt_abacus/model_config.json"));
    json["embedding"]["vocab_size"] = Vocabulary::ByName(name)->size();
    ASSERT_TRUE(WriteFile(run_ + "/model_config.json", json.dump()).ok());
    const absl::StatusOr<ModelCard> read = ReadModelCard(run_);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->data.vocabulary.name(), name);
    EXPECT_EQ(read->data.tasks[0].format.index_hints, std::string(name) == "index");
  }
}

TEST_F(CheckpointTest, ModelAndCardComeBack) {
  ASSERT_TRUE(Save(5).ok());
  for (const std::string& path : {run_, Folder(5), run_ + "/checkpoints/latest"}) {
    const absl::StatusOr<LoadedModel> loaded = LoadModel(path);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->card.step, 5);
    EXPECT_EQ(loaded->card.data.tasks[0].format.task->name(), "addition");
    EXPECT_EQ(loaded->card.data.tasks[0].first_operand.max, 20);
    EXPECT_EQ(loaded->card.data.tasks[0].second_operand.min, 2);
    EXPECT_EQ(loaded->card.config.recurrences(), 2);
    ModelConfig config = SomeCard(5).config;
    FillDefaults(&config);
    EXPECT_EQ(loaded->card.config.DebugString(), config.DebugString());
    std::vector<at::Tensor> copies;
    const auto model = *Model::Create(SomeCard(5).config, 5);
    for (const auto& [name, view] : ParameterViews(*model, &copies)) {
      EXPECT_EQ(ParameterViews(*loaded->model, &copies).at(name).bytes, view.bytes) << name;
    }
  }
  const auto trainer = SafetensorsFile::Open(Folder(5) + "/trainer.safetensors");
  ASSERT_TRUE(trainer.ok());
  EXPECT_EQ((*trainer)->metadata().at("k"), "v");
  EXPECT_EQ((*trainer)->tensors().at("moments").bytes, "mmmmmmmm");
}

TEST_F(CheckpointTest, LatestIsTheOneWrittenLast) {
  ASSERT_TRUE(Save(5).ok());
  ASSERT_TRUE(Save(10).ok());
  EXPECT_EQ(LoadModel(run_)->card.step, 10);
  EXPECT_EQ(LoadModel(Folder(5))->card.step, 5);
}

TEST_F(CheckpointTest, OldOnesAreRemoved) {
  for (const int64_t step : {1, 2, 3, 12}) ASSERT_TRUE(Save(step).ok());
  ASSERT_TRUE(RemoveOldCheckpoints(run_, {/*last=*/2}).ok());
  EXPECT_FALSE(fs::exists(Folder(1)));
  EXPECT_FALSE(fs::exists(Folder(2)));
  EXPECT_TRUE(LoadModel(Folder(3)).ok());
  EXPECT_EQ(LoadModel(run_)->card.step, 12);
}

TEST_F(CheckpointTest, MultiplesAndTheBestStay) {
  for (const int64_t step : {1, 2, 3, 4, 5, 6, 7}) ASSERT_TRUE(Save(step).ok());
  ASSERT_TRUE(LinkBestCheckpoint(run_, 2).ok());
  ASSERT_TRUE(RemoveOldCheckpoints(run_, {/*last=*/1, /*every_steps=*/3, /*best=*/2}).ok());
  for (const int64_t step : {2, 3, 6, 7}) EXPECT_TRUE(LoadModel(Folder(step)).ok()) << step;
  for (const int64_t step : {1, 4, 5}) EXPECT_FALSE(fs::exists(Folder(step))) << step;
  EXPECT_EQ(LoadModel(run_ + "/checkpoints/best")->card.step, 2);
  ASSERT_TRUE(LinkBestCheckpoint(run_, 6).ok());
  EXPECT_EQ(LoadModel(run_ + "/checkpoints/best")->card.step, 6);
  ASSERT_TRUE(LinkBestCheckpoint(run_, 5).ok());  // not there
  EXPECT_EQ(LoadModel(run_ + "/checkpoints/best")->card.step, 6);
}

TEST_F(CheckpointTest, WhatKilledProcessesLeftIsRemovedAndNothingElse) {
  for (const int64_t step : {1, 2}) ASSERT_TRUE(Save(step).ok());
  fs::remove(Folder(1) + "/DONE");
  const std::string checkpoints = run_ + "/checkpoints";
  fs::create_directories(checkpoints + "/.step_00000003.tmp/x");
  fs::create_directory_symlink("step_00000002", checkpoints + "/.latest.tmp");
  for (const char* name : {"/.metrics.jsonl.tmp.123.0", "/.config.textproto.tmp.7.1", "/.mine", "/notes.tmp"}) {
    ASSERT_TRUE(WriteFile(run_ + name, "x").ok());
  }
  ASSERT_TRUE(RemoveUnfinished(run_).ok());
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(checkpoints)) left.insert(entry.path().filename().string());
  for (const auto& entry : fs::directory_iterator(run_)) left.insert(entry.path().filename().string());
  EXPECT_EQ(left, std::set<std::string>({"step_00000002", "latest", "checkpoints", ".mine", "notes.tmp"}));
  EXPECT_EQ(LoadModel(run_)->card.step, 2);
}

int steps_until_fault = 0;

// Steps 1 to 4 fail at each of their file operations in turn: the checkpoint before stays the latest, whole one, and
// the next attempt succeeds.
TEST_F(CheckpointTest, CompleteOrAbsentWhereverWritingFails) {
  ASSERT_TRUE(Save(5).ok());
  int faults = 0;
  for (int at = 0;; ++at, ++faults) {
    steps_until_fault = at;
    SetFileFaultHookForTest([](absl::string_view step, const std::string& path) {
      return steps_until_fault-- == 0 ? IoError(absl::StrCat(path, ": ", step, " failed")) : absl::OkStatus();
    });
    const absl::Status status = Save(6);
    SetFileFaultHookForTest(nullptr);
    if (status.ok()) break;
    EXPECT_EQ(ExitCodeOf(status), kExitIoError);
    const absl::StatusOr<LoadedModel> loaded = LoadModel(run_);
    ASSERT_TRUE(loaded.ok()) << "fault " << at << ": " << loaded.status();
    // Only the very last operation, fsync of the folder, fails after the link has moved.
    if (loaded->card.step == 6) {
      EXPECT_THAT(std::string(status.message()), HasSubstr("fsync_folder"));
    }
  }
  EXPECT_GE(faults, 15);
  EXPECT_EQ(LoadModel(run_)->card.step, 6);
}

TEST_F(CheckpointTest, AFolderWithoutDoneIsNeverOpened) {
  ASSERT_TRUE(Save(5).ok());
  fs::remove(Folder(5) + "/DONE");
  const absl::Status status = LoadModel(run_).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not written to its end"));
}

TEST_F(CheckpointTest, MissingThingsAreSaid) {
  const auto message = [](const std::string& path) {
    const absl::Status status = LoadModel(path).status();
    EXPECT_EQ(ExitCodeOf(status), kExitMissingInput);
    return std::string(status.message());
  };
  EXPECT_THAT(message(run_), HasSubstr("no such folder"));
  ASSERT_TRUE(WriteFile(run_ + ".txt", "").ok());
  EXPECT_THAT(message(run_ + ".txt"), HasSubstr("is a file, expected the folder of a run"));
  fs::create_directories(run_ + "/checkpoints");
  EXPECT_THAT(message(run_), HasSubstr("no whole checkpoint yet"));
  EXPECT_THAT(message(run_ + "/checkpoints"), HasSubstr("no model.safetensors"));
}

TEST_F(CheckpointTest, DamagedFilesAreRefusedByName) {
  ASSERT_TRUE(Save(5).ok());
  const std::string model = *ReadFile(Folder(5) + "/model.safetensors");
  const std::string config = *ReadFile(Folder(5) + "/config.json");
  EXPECT_THAT(Refusal("model.safetensors", model.substr(0, model.size() - 3)), HasSubstr("model.safetensors: byte"));
  ASSERT_TRUE(WriteFile(Folder(5) + "/model.safetensors", model).ok());
  EXPECT_THAT(Refusal("config.json", "{"), HasSubstr("config.json: found no JSON object"));
  EXPECT_THAT(Refusal("config.json", "{\"tally\": {\"model\": \"hidden_syze: 3\"}}"), HasSubstr("hidden_size"));
  EXPECT_THAT(Refusal("config.json", "{\"tally\": {\"model\": \"hidden_size: 9\"}}"), HasSubstr("field tally"));
  ASSERT_TRUE(WriteFile(Folder(5) + "/config.json", config).ok());
  EXPECT_THAT(Refusal("tokenizer.json", "[]"), HasSubstr("tokenizer.json"));
}

TEST_F(CheckpointTest, EveryChangedByteIsNoticed) {
  ASSERT_TRUE(Save(5).ok());
  for (const char* name : {"config.json", "tokenizer.json", "DONE"}) {
    const std::string path = absl::StrCat(Folder(5), "/", name), bytes = *ReadFile(path);
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string changed = bytes;
      changed[i] ^= 1;
      std::ofstream(path, std::ios::binary) << changed;
      // Opening the model is slower: at some of the bytes.
      const absl::Status status = i % 97 == 0 ? LoadModel(run_).status() : CheckDoneFile(Folder(5), CheckpointFiles());
      ASSERT_EQ(ExitCodeOf(status), kExitBadInput) << name << ", byte " << i;
      ASSERT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("/", name, ": found "))) << "byte " << i;
    }
    std::ofstream(path, std::ios::binary) << bytes;
  }
  EXPECT_TRUE(LoadModel(run_).ok());
}

TEST_F(CheckpointTest, OlderOnesHaveNoHashes) {
  ASSERT_TRUE(Save(5).ok());
  ASSERT_TRUE(WriteFile(Folder(5) + "/DONE", "step 5\n").ok());
  std::string config = *ReadFile(Folder(5) + "/config.json");
  config.insert(config.find('{') + 1, " ");
  ASSERT_TRUE(WriteFile(Folder(5) + "/config.json", config).ok());
  EXPECT_TRUE(LoadModel(run_).ok());
}

TEST_F(CheckpointTest, ParametersThatDoNotFitAreRefusedByName) {
  ASSERT_TRUE(Save(5).ok());
  ModelCard card = SomeCard(5);
  const auto model = *Model::Create(card.config, 1);
  const std::string path = absl::StrCat(::testing::TempDir(), "/parameters.safetensors");
  const auto refusal = [&](const std::map<std::string, TensorView>& views) {
    EXPECT_TRUE(WriteSafetensors(path, views, {}).ok());
    const absl::Status status = LoadParameters((*SafetensorsFile::Open(path))->tensors(), path, model.get());
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    return std::string(status.message());
  };
  std::vector<at::Tensor> copies;
  auto views = ParameterViews(*model, &copies);
  views["decoder.weight"].shape = {8, 19};
  EXPECT_THAT(refusal(views), HasSubstr("decoder.weight: found shape [8, 19], expected [19, 8]"));
  views.erase("decoder.weight");
  EXPECT_THAT(refusal(views), HasSubstr("decoder.weight"));
  views = ParameterViews(*model, &copies);
  views["encoder.extra"] = views["decoder.weight"];
  EXPECT_THAT(refusal(views), HasSubstr("encoder.extra is no parameter of this model"));
}

}  // namespace
}  // namespace tally

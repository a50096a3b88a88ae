// Each configuration in recipes/paper is what the reference's code makes of the pretraining command of the same name:
// settings of training, and the model's tensors, names and shapes. tests/interop/paper_models.py made the record.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "lib/checkpoint/model_tensors.h"
#include "lib/config/config.h"
#include "lib/model/model.h"
#include "lib/runs/run_config.pb.h"

namespace tally {
namespace {

using Json = nlohmann::json;
using Shapes = std::map<std::string, std::vector<int64_t>>;

const Json& Record() {
  static const Json* const record = new Json(Json::parse(std::ifstream("tests/parity/paper_models.json")));
  return *record;
}

std::vector<std::string> RecordedNames() {
  std::vector<std::string> names;
  for (const auto& [name, model] : Record().at("models").items()) names.push_back(name);
  return names;
}

std::string PathOf(const std::string& name) { return "recipes/paper/" + name + ".textproto"; }

RunConfig ConfigOf(const std::string& name) {
  RunConfig config;
  for (const std::string& layer : {std::string("common"), name}) {
    const absl::Status merged = MergeConfigFile(PathOf(layer), &config);
    EXPECT_TRUE(merged.ok()) << merged;
  }
  return config;
}

struct ModelTensors {
  Shapes tensors;       // of a checkpoint, under the names that they have there
  int64_t trained = 0;  // numbers that training changes
};

ModelTensors TensorsOf(const Model& model) {
  std::vector<at::Tensor> copies;
  std::map<std::string, TensorView> views = ParameterViews(model, &copies);
  const DerivedTensors derived(model.config());
  derived.AddTo(&views);
  ModelTensors result;
  result.trained = model.parameters().count();
  for (const auto& [name, view] : views) result.tensors[name] = view.shape;
  return result;
}

// Made once for all commands that have this model.
const ModelTensors& TensorsOf(ModelConfig config) {
  static auto* const made = new std::map<std::string, ModelTensors>;
  config.set_initialisation(ModelConfig::ZERO_OUTPUT);  // the quickest to draw: shapes are asked for, not values
  const auto [entry, is_new] = made->try_emplace(config.SerializeAsString());
  if (is_new) {
    const auto model = Model::Create(config, /*seed=*/1);
    EXPECT_TRUE(model.ok()) << model.status();
    if (model.ok()) entry->second = TensorsOf(**model);
  }
  return entry->second;
}

Shapes RecordedTensors(const Json& model) {
  return Record().at("tensors").at(model.at("tensors").get<int>()).get<Shapes>();
}

TEST(PaperModelsTest, EveryCommandHasAConfigurationOfItsName) {
  std::set<std::string> expected = {PathOf("common")}, found;
  for (const std::string& name : RecordedNames()) expected.insert(PathOf(name));
  for (const auto& file : std::filesystem::directory_iterator("recipes/paper")) found.insert(file.path().string());
  EXPECT_EQ(found, expected);
  std::map<std::string, int> commands;
  for (const Json& model : Record().at("models")) ++commands[model.at("shell").get<std::string>()];
  EXPECT_EQ(commands,
            (std::map<std::string, int>{
                {"addition_ff", 8}, {"addition_lt", 3}, {"bitwise_or", 9}, {"multiplication", 3}, {"sorting", 9}}));
}

void ExpectSchedule(const Json& recorded, const TrainConfig& train) {
  const ScheduleConfig& schedule = train.schedule();
  EXPECT_EQ(recorded.at("scheduler"), "budget-constant");
  EXPECT_EQ(schedule.kind(), ScheduleConfig::CONSTANT);
  EXPECT_EQ(schedule.warmup_steps(), 0);
  EXPECT_EQ(schedule.warmup_fraction(), recorded.at("warmup"));
  EXPECT_EQ(schedule.decay_fraction(), recorded.at("cooldown"));
  EXPECT_EQ(schedule.final_fraction(), 0);
  EXPECT_EQ(schedule.batch_ramp_fraction(), recorded.at("batch_size_ramp"));
  EXPECT_EQ(train.minutes(), 60 * recorded.at("budget_hours").get<double>());
  EXPECT_EQ(train.batch_size(), recorded.at("batch_size"));
  // There it counts for each process, and the batch grows by those of all.
  EXPECT_EQ(train.microbatch_size(), recorded.at("processes").get<int>() * recorded.at("microbatch_size").get<int>());
}

void ExpectOptimizer(const Json& recorded, const OptimizerConfig& optimizer) {
  EXPECT_EQ(recorded.at("optimizer"), "AdamW");
  EXPECT_EQ(optimizer.kind(), OptimizerConfig::ADAMW);
  EXPECT_EQ(optimizer.learning_rate(), recorded.at("lr"));
  EXPECT_EQ(optimizer.beta1(), recorded.at("betas").at(0));
  EXPECT_EQ(optimizer.beta2(), recorded.at("betas").at(1));
  EXPECT_EQ(optimizer.epsilon(), recorded.at("eps"));
  EXPECT_EQ(optimizer.weight_decay(), recorded.at("weight_decay"));
  EXPECT_EQ(optimizer.clip_norm(), recorded.at("gradient_clipping"));
}

void ExpectLoss(const Json& recorded, const LossConfig& loss) {
  EXPECT_EQ(loss.progressive_alpha(), recorded.at("alpha"));
  EXPECT_EQ(loss.throttle(), recorded.at("throttle"));
  EXPECT_EQ(loss.answer_only(), recorded.at("mask_before_equals"));
  EXPECT_EQ(loss.reduction(),
            recorded.at("loss_reduction") == "mean" ? LossConfig::TOKEN_EQUAL : LossConfig::POSITION_EQUAL);
}

// What no tensor shows.
void ExpectModel(const Json& recorded, const ModelConfig& model) {
  const int recurrences = recorded.at("recurrences").get<int>();
  EXPECT_EQ(model.layers(), recorded.at("layers"));
  EXPECT_EQ(model.recurrences(), recurrences);
  EXPECT_EQ(std::max(model.backprop_recurrences(), 1), std::max(recurrences / 2, 1));
  EXPECT_EQ(model.attention().heads(), recorded.at("num_attention_heads"));
  EXPECT_EQ(model.positions().max_offset(), recorded.at("max_abacus_len"));
  EXPECT_EQ(recorded.at("init"), "deepnorm-straight");
  EXPECT_EQ(model.initialisation(), ModelConfig::DEEPNORM_STRAIGHT);
}

class PaperModelTest : public ::testing::TestWithParam<std::string> {};

TEST_P(PaperModelTest, HasTheSettingsOfItsCommand) {
  const Json& recorded = Record().at("models").at(GetParam());
  const RunConfig config = ConfigOf(GetParam());
  ExpectSchedule(recorded, config.train());
  ExpectOptimizer(recorded, config.train().optimizer());
  ExpectLoss(recorded, config.train().loss());
  ExpectModel(recorded, config.model());
}

TEST_P(PaperModelTest, HasTheTensorsOfItsCommand) {
  const Json& recorded = Record().at("models").at(GetParam());
  ModelConfig config = ConfigOf(GetParam()).model();
  config.set_vocabulary_size(recorded.at("vocabulary").get<int>());
  const ModelTensors& model = TensorsOf(config);
  EXPECT_EQ(model.tensors, RecordedTensors(recorded));
  EXPECT_EQ(model.trained, recorded.at("trained"));
}

INSTANTIATE_TEST_SUITE_P(Paper, PaperModelTest, ::testing::ValuesIn(RecordedNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tally

#include "lib/checkpoint/config_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"
#include "lib/model/stored_formats_for_test.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr char kRecorded[] = "tests/parity/models/lt_abacus/model_config.json";

TEST(ConfigJsonTest, EveryFieldComesBack) {
  ModelConfig config;
  config.set_hidden_size(24);
  config.set_intermediate_size(48);
  config.set_layers(2);
  config.set_recurrences(5);
  config.set_norm_scheme(ModelConfig::POST);
  config.set_initial_state(ModelConfig::NORMAL);
  config.mutable_attention()->set_heads(3);
  config.mutable_attention()->set_initial_log_temperature(0.1f);
  config.mutable_positions()->set_table(PositionConfig::ABACUS);
  FillDefaults(&config);
  const auto back = ModelConfigFromJson(ModelConfigToJson(config), "test");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->DebugString(), config.DebugString());
}

// The configurations of one model as four commits wrote them: each goes on as it was trained.
TEST(ConfigJsonTest, OlderFormatsKeepTheirFunction) {
  const auto stored = [](const std::string& commit) {
    const std::string path = absl::StrCat("lib/model/testdata/formats/", commit, "/config.json");
    const auto config = ModelConfigFromJson(*ReadFile(path), path);
    EXPECT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->hidden_size(), 16);
    return config->attention();
  };
  ExpectFunctionOfEachFormat(stored);
}

TEST(ConfigJsonTest, AFormatFromTheFutureIsRefused) {
  auto json = nlohmann::json::parse(ModelConfigToJson(ModelConfig()));
  json["tally"]["model"] = "format: 99";
  const absl::Status status = ModelConfigFromJson(json.dump(), "m.json").status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("m.json: field tally.model: found a model configuration of "));
}

TEST(ConfigJsonTest, TheReferencesFileIsRead) {
  const auto config = ModelConfigFromJson(*ReadFile(kRecorded), kRecorded);
  ASSERT_TRUE(config.ok()) << config.status();
  const auto json = nlohmann::json::parse(*ReadFile(kRecorded));
  EXPECT_EQ(config->hidden_size(), json["hidden_size"].get<int>());
  EXPECT_EQ(config->attention().heads(), json["attention"]["num_attention_heads"].get<int>());
  EXPECT_EQ(config->positions().table(), PositionConfig::ABACUS);
  EXPECT_EQ(config->norm_scheme(), ModelConfig::POST);
  EXPECT_FALSE(config->attention().unit_norm());
  EXPECT_EQ(config->attention().relative_clip(), 0);
}

// So that the reference's own code finds what it reads.
TEST(ConfigJsonTest, WrittenFieldsIncludeThoseThatTheReferenceReads) {
  const auto recorded = nlohmann::json::parse(*ReadFile(kRecorded));
  const auto written = nlohmann::json::parse(ModelConfigToJson(*ModelConfigFromJson(*ReadFile(kRecorded), kRecorded)));
  for (const char* field : {"layers_in_recurrent_block", "maximal_recurrence", "hidden_size", "intermed_size",
                            "input_injection_type", "initial_hidden_randomized", "state_init", "norm", "norm_scheme",
                            "nonlin", "final_norm", "head", "tie_weights", "use_bias"}) {
    ASSERT_TRUE(written.contains(field)) << field;
    EXPECT_EQ(written[field], recorded[field]) << field;
  }
  for (const char* field : {"vocab_size", "pos_embedding", "max_seq_length", "embedding_dim", "normalization"}) {
    EXPECT_EQ(written["embedding"][field], recorded["embedding"][field]) << field;
  }
  EXPECT_EQ(written["attention"]["num_attention_heads"], recorded["attention"]["num_attention_heads"]);
}

TEST(ConfigJsonTest, WhatIsNotUnderstoodIsNamed) {
  const auto refusal = [](const char* group, const char* field, const nlohmann::json& value) {
    auto json = nlohmann::json::parse(*ReadFile(kRecorded));
    (*group == '\0' ? json : json[group])[field] = value;
    const absl::Status status = ModelConfigFromJson(json.dump(), "m.json").status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal("", "norm_scheme", "sideways"), HasSubstr("m.json: field norm_scheme: found sideways, expected"));
  EXPECT_THAT(refusal("", "hidden_size", "64"), HasSubstr("field hidden_size: found \"64\""));
  EXPECT_THAT(refusal("", "hidden_size", 4294967297), HasSubstr("field hidden_size: found 4294967297"));
  EXPECT_THAT(refusal("attention", "type", "flash"),
              HasSubstr("field attention.type: found flash, expected one of pytorch, self-attention"));
  EXPECT_THAT(refusal("embedding", "pos_embedding", "spiral"), HasSubstr("field embedding.pos_embedding"));
  EXPECT_THAT(refusal("", "embedding", nullptr), HasSubstr("field embedding: found null, expected an object"));
  EXPECT_EQ(ExitCodeOf(ModelConfigFromJson("[1]", "m.json").status()), kExitBadInput);
}

}  // namespace
}  // namespace tally

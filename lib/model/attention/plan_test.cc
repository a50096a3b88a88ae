// Each route of attention, and what it takes to get there: no model runs.
#include "lib/model/attention/plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

namespace tally {
namespace {

using S = AttentionSituation;
using P = AttentionPlan;

// Many sums of two numbers in training with the default recipe.
S Recipe() {
  S situation = SituationOf(ModelConfig());
  situation.tokens = situation.queries = 63;
  situation.many_short_sequences = true;
  situation.gradient = true;
  return situation;
}

struct Case {
  const char* name;
  std::function<void(S*)> change;
  P expected;

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

class PlanTest : public ::testing::TestWithParam<Case> {};

TEST_P(PlanTest, Route) {
  S situation = Recipe();
  GetParam().change(&situation);
  const P plan = PlanAttention(situation);
  EXPECT_EQ(plan, GetParam().expected) << plan.DebugString() << ", expected " << GetParam().expected.DebugString();
}

void AddTerm(S* s) { s->table_alone = s->no_terms = false; }
void DropTable(S* s) { s->table_alone = false, s->no_terms = true; }
void Long(S* s) { s->tokens = s->queries = 5000, s->many_short_sequences = false; }
void OneToken(S* s) {
  s->gradient = false;
  s->has_cache = true;
  s->queries = 1;
}

const Case kCases[] = {
    {"TrainingWithTheRecipe", [](S*) {}, {P::kSelfAttention, P::kLookup}},
    {"WithoutPositions", DropTable, {P::kSelfAttention, P::kLookup}},
    {"EvaluationWithTheRecipe", [](S* s) { s->gradient = false; }, {P::kSelfAttention, P::kLookup}},
    {"RecordedInEvaluation", [](S* s) { s->gradient = false, s->recorded = true; }, {P::kWhole, P::kShared}},
    {"RecordedWithPositionsThatDiffer",
     [](S* s) { s->recorded = s->positions_differ = true; },
     {P::kWhole, P::kEachRecurrence}},
    {"FewSequences", [](S* s) { s->many_short_sequences = false; }, {P::kCausalAttention, P::kLookup}},
    {"BiasesBesideMatrices", [](S* s) { s->bare_projections = false; }, {P::kCausalAttention, P::kLookup}},
    {"DoublePrecision", [](S* s) { s->float32 = false; }, {P::kCausalAttention, P::kLookup}},
    {"LongInTraining", Long, {P::kWhole, P::kShared}},
    {"LongInEvaluation", [](S* s) { Long(s), s->gradient = false; }, {P::kCausalAttention, P::kLookup}},
    {"DecodingWithTheRecipe", OneToken, {P::kCausalAttention, P::kLookup}},

    {"AnotherTermInTraining", AddTerm, {P::kSelfAttention, P::kShared}},
    {"AnotherTermOfFewSequences",
     [](S* s) { AddTerm(s), s->many_short_sequences = false; },
     {P::kCausalAttention, P::kShared}},
    {"RandomPositionsInTraining",
     [](S* s) { AddTerm(s), s->positions_differ = true; },
     {P::kSelfAttention, P::kEachRecurrence}},
    {"RandomPositionsThatAreLong",
     [](S* s) { AddTerm(s), Long(s), s->positions_differ = true; },
     {P::kWhole, P::kEachRecurrence}},
    {"AnotherTermThatIsLong", [](S* s) { AddTerm(s), Long(s), s->gradient = false; }, {P::kFusedChunks, P::kEachChunk}},
    {"AnotherTermOfEachSequence",
     [](S* s) { AddTerm(s), s->gradient = false, s->bias_sequences = 4096; },
     {P::kFusedChunks, P::kEachChunk}},
    {"DecodingWithAnotherTerm", [](S* s) { AddTerm(s), OneToken(s); }, {P::kFusedChunks, P::kShared}},

    {"TrainingOnADevice", [](S* s) { s->on_cpu = false; }, {P::kWhole, P::kShared}},
    {"EvaluationOnADevice", [](S* s) { s->on_cpu = false, s->gradient = false; }, {P::kChunks, P::kShared}},
    {"LongOnADevice", [](S* s) { Long(s), s->on_cpu = false, s->gradient = false; }, {P::kChunks, P::kEachChunk}},
};

INSTANTIATE_TEST_SUITE_P(Cases, PlanTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(SituationTest, OfTheRecipe) {
  const S situation = SituationOf(ModelConfig());
  EXPECT_EQ(situation.heads, 4);
  EXPECT_TRUE(situation.table_alone);
  EXPECT_FALSE(situation.no_terms);
  EXPECT_TRUE(situation.bare_projections);
}

TEST(SituationTest, WithoutTableThereAreNoTerms) {
  ModelConfig config;
  config.mutable_attention()->set_relative_clip(0);
  const S situation = SituationOf(config);
  EXPECT_FALSE(situation.table_alone);
  EXPECT_TRUE(situation.no_terms);
}

TEST(SituationTest, BiasesTurnsAndANormAreNotBare) {
  ModelConfig input, output, norm, turn;
  input.mutable_attention()->set_input_bias(true);
  output.mutable_attention()->set_output_bias(true);
  norm.mutable_attention()->set_sub_normalization(true);
  turn.mutable_attention()->set_position(AttentionConfig::ROPE);
  for (const ModelConfig& config : {input, output, norm, turn}) EXPECT_FALSE(SituationOf(config).bare_projections);
}

TEST(PlanDebugString, NamesRouteAndTerms) {
  EXPECT_EQ((P{P::kFusedChunks, P::kEachChunk}).DebugString(), "route FUSED_CHUNKS, terms EACH_CHUNK");
}

}  // namespace
}  // namespace tally

#include "lib/model/loop_state.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/model/model.h"
#include "lib/model/models_for_test.h"
#include "lib/model/rounds.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

constexpr char kProduct[] =
    "recurrences: 1 recurrences_per_digit: 1 recurrence_operand: SECOND_OPERAND "
    "attention { relative_clip: 2 shift_clip: 2 key_clip: 2 } ";

at::Tensor IdsOf(const std::vector<std::string>& lines) {
  const auto length = static_cast<int64_t>(lines[0].size());
  const at::Tensor ids = at::empty({static_cast<int64_t>(lines.size()), length}, at::kLong);
  for (size_t b = 0; b < lines.size(); ++b) {
    std::vector<uint8_t> encoded;
    EXPECT_TRUE(Vocabulary::Arithmetic().Encode(lines[b], &encoded).ok());
    std::copy(encoded.begin(), encoded.end(), ids.data_ptr<int64_t>() + static_cast<int64_t>(b) * length);
  }
  return ids;
}

// Rows of the tokens from `=` on, which stands at place `equals` of each line.
at::Tensor AnswerRows(const at::Tensor& ids, int64_t equals) {
  const int64_t batch = ids.size(0), length = ids.size(1);
  return (at::arange(batch, at::kLong).unsqueeze(1) * length + at::arange(equals, length, at::kLong)).flatten();
}

// A round for each factor, of as many recurrences as the longer one has digits and one more.
constexpr char kRounds[] =
    "recurrences: 1 recurrences_per_digit: 1 recurrence_operand: EVERY_OPERAND "
    "attention { relative_clip: 2 shift_clip: 2 key_clip: 2 } ";

std::unique_ptr<Model> WithState(const std::string& handed_on, const std::string& loop = kProduct) {
  return WithRandomParameters(
      ConfigWith(Recipe(), loop + ("state { handed_on: " + handed_on + " variables: 2 values: 10 }")), 1);
}

class LoopStateTest : public ::testing::Test {
 protected:
  LoopStateTest() {
    input_.ids = IdsOf({"12x345=408", "99x111=001"});
    input_.rows = AnswerRows(input_.ids, kEquals);
  }

  // The values that variables have in `logits` [n, V, A], at the places of the answer, 0 elsewhere, [batch, seq, V].
  at::Tensor ValuesOf(const at::Tensor& logits) const {
    const int64_t batch = input_.ids.size(0), length = input_.ids.size(1);
    const at::Tensor values = at::zeros({batch * length, 2}, at::kLong);
    values.index_copy_(0, input_.rows, logits.argmax(-1));
    return values.view({batch, length, 2});
  }

  static constexpr int64_t kEquals = 6;
  const at::NoGradGuard no_grad_;
  ModelInput input_;
};

// What teacher forcing rests on: a recurrence that begins from the values that the one before has handed on is the next
// one of the loop.
TEST_F(LoopStateTest, RecurrencesOneByOneEqualTheLoop) {
  for (const auto& [config, count] : {std::pair(kProduct, 4), std::pair(kRounds, 9)}) {
    const std::unique_ptr<Model> model = WithState("ARGMAX", config);
    const OutputAndState loop = model->ForwardWithState(input_);
    ASSERT_EQ(loop.state_logits.size(), count);
    for (int64_t r = 0; r < count; ++r) {
      ModelInput one = input_;
      one.recurrences = 1;
      one.recurrences_done = at::full({2}, r, at::kLong);
      one.state_values = r == 0 ? at::zeros({2, input_.ids.size(1), 2}, at::kLong) : ValuesOf(loop.state_logits[r - 1]);
      const OutputAndState alone = model->ForwardWithState(one);
      ASSERT_EQ(alone.state_logits.size(), 1u);
      EXPECT_LE((alone.state_logits[0] - loop.state_logits[r]).abs().max().item<double>(), 1e-4) << r;
      if (r + 1 < count) continue;
      EXPECT_LE((alone.logits - loop.logits).abs().max().item<double>(), 1e-4);
    }
  }
}

// Of rounds with four recurrences, after one before the first: what attention counts begins anew, and that one is as
// the last of a round.
TEST_F(LoopStateTest, RoundsCountFromTheirBeginning) {
  const std::unique_ptr<Model> model = WithState("ARGMAX", kRounds);
  input_.recurrences = 1;
  input_.state_values = at::zeros({2, input_.ids.size(1), 2}, at::kLong);
  const auto after = [&](int64_t done) {
    input_.recurrences_done = at::full({2}, done, at::kLong);
    return model->ForwardWithState(input_).logits;
  };
  EXPECT_TRUE(after(0).equal(after(4)));
  EXPECT_TRUE(after(1).equal(after(5)));
  EXPECT_GT((after(1) - after(2)).abs().max().item<double>(), 1e-3);
}

// Each sequence may be anywhere in the loop.
TEST_F(LoopStateTest, SequencesOfABatchMayBeInDifferentRecurrences) {
  const std::unique_ptr<Model> model = WithState("PROBABILITIES");
  input_.recurrences = 1;
  input_.state_values = at::zeros({2, input_.ids.size(1), 2}, at::kLong);
  input_.recurrences_done = at::arange(1, 3, at::kLong);
  const at::Tensor both = model->ForwardWithState(input_).logits;
  for (int64_t b = 0; b < 2; ++b) {
    ModelInput one = input_;
    one.ids = input_.ids.narrow(0, b, 1);
    one.rows = AnswerRows(one.ids, kEquals);
    one.state_values = input_.state_values.narrow(0, b, 1);
    one.recurrences_done = input_.recurrences_done.narrow(0, b, 1);
    const at::Tensor alone = model->ForwardWithState(one).logits;
    EXPECT_LE((alone - both.narrow(0, b * 4, 4)).abs().max().item<double>(), 1e-4);
  }
}

// Nothing but the variables goes on: parameters of the heads decide what the next recurrence does, and the state of
// other tokens is that of values 0 in every recurrence.
TEST_F(LoopStateTest, TheNumberOfTheRecurrenceMatters) {
  const std::unique_ptr<Model> model = WithState("ARGMAX");
  input_.recurrences = 1;
  input_.state_values = at::zeros({2, input_.ids.size(1), 2}, at::kLong);
  input_.recurrences_done = at::full({2}, 0, at::kLong);
  const at::Tensor first = model->ForwardWithState(input_).logits;
  input_.recurrences_done = at::full({2}, 2, at::kLong);
  EXPECT_GT((model->ForwardWithState(input_).logits - first).abs().max().item<double>(), 1e-3);
}

// A round for each operand, its digits variables.
std::unique_ptr<Model> RoundsOfOperands(bool local) {
  return WithRandomParameters(
      ConfigWith(Recipe(),
                 std::string("recurrences: 1 recurrences_per_digit: 1 recurrence_operand: EVERY_OPERAND layers: 2 "
                             "attention { ids: DIGIT_WEIGHT_AND_OPERAND relative_clip: 2 key_clip: 1 ") +
                     (local ? "local: true " : "") + "} state { handed_on: ARGMAX variables: 2 values: 10 }"),
      1);
}

// Questions go through one round and answers through all of them (rounds.h); or all through all, where lines have
// rounds of different lengths, or where states are asked for.
TEST(RoundsTest, OneRoundOfTheQuestionServesAll) {
  const at::NoGradGuard no_grad;
  for (const bool local : {false, true}) {
    const std::unique_ptr<Model> model = RoundsOfOperands(local);
    for (const char* other : {"99x111=001", "990x11=001", "9x1111=001"}) {
      ModelInput input;
      input.ids = IdsOf({"12x345=408", other});
      input.rows = AnswerRows(input.ids, 6);
      const at::Tensor logits = model->Forward(input), whole = model->ForwardWithState(input).logits;
      EXPECT_LE((logits - whole).abs().max().item<double>(), 1e-4) << other;
    }
  }
}

// With a cache the first pass takes the question through one round, and each of the others the newest token through
// all.
TEST(RoundsTest, TokensThatComeOneByOneFindTheQuestion) {
  const at::NoGradGuard no_grad;
  for (const bool local : {false, true}) {
    const std::unique_ptr<Model> model = RoundsOfOperands(local);
    const at::Tensor ids = IdsOf({"12x345=408", "99x111=001"});
    KeyValueCache cache;
    for (int64_t seq = 7; seq <= ids.size(1); ++seq) {
      ModelInput input;
      input.ids = ids.narrow(1, 0, seq);
      input.rows = at::arange(1, 3, at::kLong) * seq - 1;
      const at::Tensor whole = model->ForwardWithState(input).logits;
      input.rows = at::arange(1, 3, at::kLong) * (seq - cache.length()) - 1;
      input.cache = &cache;
      EXPECT_LE((model->Forward(input) - whole).abs().max().item<double>(), 1e-4) << seq;
      EXPECT_EQ(cache.length(), seq);
    }
  }
}

TEST(RoundsTest, RoundsAreTakenTogetherWhereTheyHaveOneLength) {
  const at::NoGradGuard no_grad;
  const ModelConfig config = WithState("ARGMAX", kRounds)->config();
  const auto round_of = [&](const std::vector<std::string>& lines) {
    ModelInput input;
    input.ids = IdsOf(lines);
    input.rows = AnswerRows(input.ids, 7);
    return RoundOf(config, input);
  };
  EXPECT_EQ(round_of({"12x345=408", "990x11=001"}).length, 4);
  EXPECT_EQ(round_of({"12x345=408", "990x11=001"}).tokens, 6);
  EXPECT_EQ(round_of({"12x345=408", "9x1111=001"}).length, 0);
  EXPECT_EQ(round_of({"12x345=408", "990x110=01"}).tokens, 6);  // the first answer begins there
}

TEST(CountRecurrencesTest, CountsTheDigitsOfTheOperandThatIsNamed) {
  const at::Tensor ids = IdsOf({"123+4567=12+0000000"});
  const auto count = [&](const char* operand) {
    const ModelConfig config =
        ConfigWith(Recipe(), std::string("recurrences: 2 recurrences_per_digit: 1 recurrence_operand: ") + operand);
    return CountRecurrences(config, ids.const_data_ptr<int64_t>(), ids.size(1));
  };
  EXPECT_EQ(count("FIRST_OPERAND"), 5);
  EXPECT_EQ(count("SECOND_OPERAND"), 6);
  EXPECT_EQ(count("SHORTEST_OPERAND"), 5);
  EXPECT_EQ(count("LONGEST_OPERAND"), 6);
  EXPECT_EQ(count("OPERAND_COUNT"), 4);
  EXPECT_EQ(count("EVERY_OPERAND"), 2 + 2 * 5);
  EXPECT_EQ(CountRecurrences(Recipe(), ids.const_data_ptr<int64_t>(), ids.size(1)), 3);
}

TEST(StateConfigTest, RefusesWhatDoesNotGoTogether) {
  const auto message = [](const std::string& text) {
    return std::string(Model::Create(ConfigWith(Recipe(), text), 1).status().message());
  };
  EXPECT_THAT(message("state { handed_on: ARGMAX }"), ::testing::HasSubstr("expected variables"));
  EXPECT_THAT(message("state { handed_on: ARGMAX variables: 1 values: 2 } initial_state: NORMAL"),
              ::testing::HasSubstr("initial_state: ZERO"));
  EXPECT_THAT(message("state { handed_on: ARGMAX variables: 1 values: 2 } injection: NO_INJECTION"),
              ::testing::HasSubstr("expected a model.injection"));
  EXPECT_THAT(message("recurrence_operand: EVERY_OPERAND recurrences_per_digit: 0.5"),
              ::testing::HasSubstr("expected model.recurrences_per_digit: 1"));
  EXPECT_THAT(message("attention { relative_clip: 0 key_clip: 1 }"), ::testing::HasSubstr("relative_clip"));
  EXPECT_THAT(message("attention { recurrence_counts: OPERANDS }"), ::testing::HasSubstr("DIGIT_WEIGHT_AND_OPERAND"));
  EXPECT_THAT(message("attention { relative_clip: 100 shift_clip: 100 key_clip: 100 }"),
              ::testing::HasSubstr("columns of a table"));
}

}  // namespace
}  // namespace tally

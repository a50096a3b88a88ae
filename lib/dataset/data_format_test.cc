#include "lib/dataset/data_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

ProblemFormat Format(absl::string_view task, DigitOrder order = DigitOrder::kAllReversed) {
  ProblemFormat format;
  format.task = &TaskNamed(task);
  format.order = order;
  return format;
}

// Sums of 1..20 and 1..18 digits.
DataFormat Sums() { return {{{ProblemFormat(), {1, 20}, {1, 18}}}, Vocabulary::Arithmetic()}; }

// Sums, and arrays of 2..5 numbers of up to 9 digits.
DataFormat SumsAndArrays() {
  return {{{ProblemFormat(), {1, 20}, {1, 18}}, {Format("sorting", DigitOrder::kPlain), {1, 9}, {2, 5}}},
          *Vocabulary::ByName("all")};
}

TEST(DataFormatTest, MetadataComeBack) {
  DataFormat format = DataFormatOf({Format("subtraction", DigitOrder::kPlain)}, Vocabulary::Arithmetic());
  format.tasks[0].format.prepended_zeros = 2;
  const auto back = ParseFormatMetadata(FormatMetadata(format), "here", /*lengths=*/false);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(FormatMetadata(*back), FormatMetadata(format));
  EXPECT_EQ(back->tasks[0].format.prepended_zeros, 2);
}

TEST(DataFormatTest, SeveralTasksComeBack) {
  const auto metadata = FormatMetadata(SumsAndArrays());
  EXPECT_EQ(metadata.count("task"), 0);
  EXPECT_EQ(metadata.at("tasks"),
            R"([{"digit_order":"all","first_operand":"1..20","layout":"","second_operand":"1..18","task":"addition"},)"
            R"({"digit_order":"none","first_operand":"1..9","layout":"","second_operand":"2..5","task":"sorting"}])");
  const auto back = ParseFormatMetadata(metadata, "here", /*lengths=*/true);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(FormatMetadata(*back), metadata);
  EXPECT_EQ(NamesOf(back->tasks), "addition, sorting");
  EXPECT_EQ(back->tasks[1].second_operand.min, 2);
}

TEST(DataFormatTest, BadMetadataAreRefused) {
  const auto metadata = FormatMetadata(Sums());
  for (const auto& [key, value] : metadata) {
    auto without = metadata;
    without.erase(key);
    const absl::Status missing = ParseFormatMetadata(without, "here", /*lengths=*/true).status();
    EXPECT_EQ(ExitCodeOf(missing), kExitBadInput);
    EXPECT_THAT(std::string(missing.message()), HasSubstr("here: found no metadata \"" + key + "\""));
    auto wrong = metadata;
    wrong[key] = "nonsense";
    const absl::Status refused = ParseFormatMetadata(wrong, "here", /*lengths=*/true).status();
    EXPECT_EQ(ExitCodeOf(refused), kExitBadInput) << key;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("here"));
  }
}

TEST(DataFormatTest, BadListsOfTasksAreRefused) {
  auto metadata = FormatMetadata(SumsAndArrays());
  const auto refusal = [&](const std::string& tasks) {
    metadata["tasks"] = tasks;
    const absl::Status status = ParseFormatMetadata(metadata, "here", /*lengths=*/false).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << tasks;
    return std::string(status.message());
  };
  for (const char* text : {"", "{}", "[]", "7", "nonsense"}) {
    EXPECT_THAT(refusal(text), HasSubstr("expected a JSON list of tasks")) << text;
  }
  EXPECT_THAT(refusal("[7]"), HasSubstr("here: found no metadata \"task\""));
  const std::string sum = R"({"task":"addition","digit_order":"all","layout":""})";
  EXPECT_EQ(refusal("[" + sum + "," + sum + "]"), "here: found addition twice");
}

class MixtureTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mixture_.Add(Sums(), "a").ok()); }

  std::string Refusal(const DataFormat& other) {
    const absl::Status status = mixture_.Add(other, "b");
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    return std::string(status.message());
  }

  Mixture mixture_;
};

TEST_F(MixtureTest, TasksAreUnitedAndLengthsWiden) {
  ASSERT_TRUE(mixture_.Add({{{Format("subtraction"), {1, 3}, {1, 3}}}, Vocabulary::Arithmetic()}, "b").ok());
  ASSERT_TRUE(mixture_.Add({{{ProblemFormat(), {21, 30}, {5, 5}}}, Vocabulary::Arithmetic()}, "c").ok());
  ASSERT_EQ(NamesOf(mixture_.format().tasks), "addition, subtraction");
  EXPECT_EQ(mixture_.format().tasks[0].first_operand.max, 30);
  EXPECT_EQ(mixture_.format().tasks[0].second_operand.max, 18);
  EXPECT_EQ(mixture_.format().tasks[1].first_operand.max, 3);
}

TEST_F(MixtureTest, OtherVocabulariesAreNamedWithTheFlagThatHelps) {
  EXPECT_EQ(Refusal(DataFormatOf({Format("parity")}, *Vocabulary::ByName("tasks"))),
            "b: found vocabulary tasks, expected pad, that of a; `tokenize --vocab=tasks` makes both with one");
}

TEST_F(MixtureTest, OtherFormatsOfATaskAreRefused) {
  EXPECT_EQ(Refusal(DataFormatOf({Format("addition", DigitOrder::kPlain)}, Vocabulary::Arithmetic())),
            "b and a: found addition with digits reversed: none beside addition with digits reversed: all; expected "
            "one format of a task");
  DataFormat spaced = Sums();
  spaced.tasks[0].format.spaces = true;
  EXPECT_THAT(Refusal(spaced), HasSubstr("layout spaces beside"));
}

TEST_F(MixtureTest, QuestionsOfTwoTasksAreRefused) {
  EXPECT_THAT(Refusal(DataFormatOf({Format("bitwise_or")}, Vocabulary::Arithmetic())),
              HasSubstr("b and a: found bitwise_or with digits reversed: all beside addition"));
}

}  // namespace
}  // namespace tally

#include "lib/dataset/tokenize_problems.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_dataset.h"
#include "lib/tasks/sampling/generate.h"
#include "nlohmann/json.hpp"
#include "tests/data/recorded_formats.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string TempPath(absl::string_view name) { return absl::StrCat(::testing::TempDir(), "/", name); }

TokenizeOptions Options(const std::string& in) {
  TokenizeOptions options;
  options.flags.add_in(in);
  options.flags.set_out(TempPath("tokens.safetensors"));
  return options;
}

// Options whose input is a file with this text.
TokenizeOptions OptionsForText(absl::string_view text) {
  const std::string path = TempPath("problems.txt");
  EXPECT_TRUE(WriteFile(path, text).ok());
  return Options(path);
}

// The message of the BadInput that `options` give; the output stays absent.
std::string Refusal(const TokenizeOptions& options) {
  unlink(options.flags.out().c_str());
  const absl::Status status = TokenizeProblems(options);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
  EXPECT_EQ(ExitCodeOf(ReadFile(options.flags.out()).status()), kExitMissingInput);
  return std::string(status.message());
}

TEST(TokenizeProblemsTest, ExamplesAreLinesWithEos) {
  ASSERT_TRUE(TokenizeProblems(OptionsForText("321+54=861\n9+1=01\n")).ok());
  const auto dataset = TokenDataset::Open(TempPath("tokens.safetensors"));
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  ASSERT_EQ((*dataset)->examples(), 2);
  EXPECT_THAT((*dataset)->Example(0), ::testing::ElementsAre(7, 6, 5, 14, 9, 8, 17, 12, 10, 5, 3));
  EXPECT_EQ((*dataset)->AnswerStart(0), 7);
  EXPECT_EQ((*dataset)->AnswerStart(1), 4);
  EXPECT_EQ((*dataset)->tasks()[0].format.task->name(), "addition");
  EXPECT_EQ((*dataset)->tasks()[0].first_operand.max, 3);
  EXPECT_EQ((*dataset)->tasks()[0].second_operand.max, 2);
}

TEST(TokenizeProblemsTest, RefusalsNameTheLine) {
  const std::string good = "1+1=2\n";
  EXPECT_THAT(Refusal(OptionsForText(good + good + "1+1\n")),
              HasSubstr("problems.txt:3: byte 4: found the end of the line, expected a digit or '+' or '='"));
  EXPECT_THAT(Refusal(OptionsForText(good + "\n")), HasSubstr("problems.txt:2: byte 1: found the end of the line"));
  EXPECT_THAT(Refusal(OptionsForText("1+1=2\r\n")), HasSubstr("problems.txt:1: byte 6: found '\\r'"));
  EXPECT_THAT(Refusal(OptionsForText(good + "1+1=\n")),
              HasSubstr("problems.txt:2: byte 5: found the end of the line, expected an answer"));
  EXPECT_THAT(Refusal(OptionsForText(good + "1+1=2")), HasSubstr("problems.txt:2: "));
  EXPECT_THAT(Refusal(OptionsForText("")), HasSubstr("problems.txt: found no line, expected problems"));
}

TEST(TokenizeProblemsTest, WrongAnswersAreRefusedUnlessUnchecked) {
  TokenizeOptions options = OptionsForText("5+6=11\n9+1=10\n");
  EXPECT_THAT(Refusal(options),
              HasSubstr("problems.txt:2: found answer \"10\", expected \"01\" for 9+1 (digits reversed: all)"));
  options.flags.set_check_answers(false);
  EXPECT_TRUE(TokenizeProblems(options).ok());
  options.flags.set_check_answers(true);
  options.formats[0].order = DigitOrder::kPlain;
  EXPECT_TRUE(TokenizeProblems(options).ok());
  const auto dataset = TokenDataset::Open(options.flags.out());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->tasks()[0].format.order, DigitOrder::kPlain);
}

TEST(TokenizeProblemsTest, BadOptionsAreUsageErrors) {
  TokenizeOptions options = OptionsForText("1+1=2\n");
  options.formats[0].task = &TaskNamed("sorting");
  options.formats[0].spaces = true;
  EXPECT_EQ(ExitCodeOf(TokenizeProblems(options)), kExitUsage);
  options = OptionsForText("1+1=2\n");
  options.flags.set_out("");
  EXPECT_EQ(ExitCodeOf(TokenizeProblems(options)), kExitUsage);
  options.flags.set_out(std::string(300, 'x'));
  EXPECT_EQ(ExitCodeOf(TokenizeProblems(options)), kExitCannotCreate);
  options.flags.set_out("-");
  options.flags.set_shuffle(true);
  const absl::Status status = TokenizeProblems(options);
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a token stream has the order of its lines"));
}

TEST(TokenizeProblemsTest, MissingInputAndOutputFolder) {
  EXPECT_EQ(ExitCodeOf(TokenizeProblems(Options(TempPath("absent.txt")))), kExitMissingInput);
  TokenizeOptions options = OptionsForText("1+1=2\n");
  options.flags.set_out(TempPath("absent/tokens.safetensors"));
  EXPECT_EQ(ExitCodeOf(TokenizeProblems(options)), kExitCannotCreate);
}

// Options for `text` of several tasks.
TokenizeOptions MixedOptions(absl::string_view text, const std::vector<std::string>& tasks) {
  TokenizeOptions options = OptionsForText(text);
  options.formats.resize(tasks.size());
  for (size_t t = 0; t < tasks.size(); ++t) options.formats[t].task = &TaskNamed(tasks[t]);
  return options;
}

TEST(TokenizeProblemsTest, ALineShowsItsTask) {
  const TokenizeOptions options = MixedOptions("321+54=861\n#0110=0\n9+1=01\n", {"addition", "parity", "copy"});
  const absl::Status status = TokenizeProblems(options);
  ASSERT_TRUE(status.ok()) << status;
  const auto dataset = *TokenDataset::Open(options.flags.out());
  EXPECT_EQ(NamesOf(dataset->tasks()), "addition, parity");
  EXPECT_EQ(dataset->vocabulary().name(), "tasks");
  EXPECT_EQ(dataset->tasks()[0].first_operand.max, 3);
  EXPECT_EQ(dataset->tasks()[1].first_operand.min, 4);
  EXPECT_THAT(Refusal(MixedOptions("1+1=2\n#01=0\n", {"addition", "parity"})),
              HasSubstr("problems.txt:2: found answer \"0\", expected \"1\""));
  EXPECT_THAT(Refusal(MixedOptions("1+1=2\n1-1=0\n", {"addition", "parity"})),
              HasSubstr("problems.txt:2: found a line of none of the tasks: addition: byte 2"));
}

TEST(TokenizeProblemsTest, TasksThatALineDoesNotTellApartAreUsageErrors) {
  for (const std::vector<std::string>& tasks : {std::vector<std::string>{"addition", "bitwise_or"}, {"copy", "copy"}}) {
    EXPECT_EQ(ExitCodeOf(TokenizeProblems(MixedOptions("1+1=2\n", tasks))), kExitUsage);
  }
}

TEST(TokenizeProblemsTest, VocabulariesHaveNames) {
  TokenizeOptions options = OptionsForText("1+1=2\n");
  options.flags.set_vocab("all");
  ASSERT_TRUE(TokenizeProblems(options).ok());
  EXPECT_EQ((*TokenDataset::Open(options.flags.out()))->vocabulary().name(), "all");
  options.flags.set_vocab("al");
  const absl::Status status = TokenizeProblems(options);
  EXPECT_EQ(ExitCodeOf(status), kExitMissingInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("unknown vocabulary \"al\", expected pad, "));
}

// Writes `text` to the pipe at `path`, some bytes at a time.
void WriteSlowly(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY);
  for (size_t i = 0; i < text.size(); i += 777) {
    const std::string part = text.substr(i, 777);
    ASSERT_EQ(write(fd, part.data(), part.size()), part.size());
  }
  close(fd);
}

// The name of a file of so many sums of 1..20 digits.
std::string GeneratedSums(int64_t count) {
  GenerateOptions generate;
  generate.sampler.first = {1, 20};
  generate.sampler.second = {1, 20};
  generate.count = count;
  generate.out = TempPath("generated.txt");
  EXPECT_TRUE(GenerateProblems(generate).ok());
  return generate.out;
}

TEST(TokenizeProblemsTest, APipeGivesTheSameBytesAsAFile) {
  const std::string generated = GeneratedSums(5000);
  ASSERT_TRUE(TokenizeProblems(Options(generated)).ok());
  const std::string from_file = *ReadFile(TempPath("tokens.safetensors"));

  const std::string pipe = TempPath("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string text = *ReadFile(generated);
  std::thread writer([&] { WriteSlowly(pipe, text); });
  const absl::Status status = TokenizeProblems(Options(pipe));
  writer.join();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(*ReadFile(TempPath("tokens.safetensors")), from_file);
}

// Lines of all lengths, among them one longer than a block.
TEST(TokenizeProblemsTest, ThreadsChangeNothing) {
  const std::string generated = GeneratedSums(20000);
  const std::string lines = *ReadFile(generated), nines(200000, '9'), zeros(200000, '0');
  TokenizeOptions options = OptionsForText(absl::StrCat(lines, nines, "+1=", zeros, "1\n", lines));
  options.flags.set_threads(1);
  ASSERT_TRUE(TokenizeProblems(options).ok());
  const std::string by_one = *ReadFile(options.flags.out());
  for (const int threads : {0, 2, 7}) {
    options.flags.set_threads(threads);
    ASSERT_TRUE(TokenizeProblems(options).ok());
    EXPECT_EQ(*ReadFile(options.flags.out()), by_one) << threads << " threads";
  }
}

// The first wrong line is named, in the second of two files, wherever blocks end.
TEST(TokenizeProblemsTest, ThreadsNameTheFirstWrongLine) {
  for (const int right : {0, 1, 15, 16, 5000}) {
    std::string text;
    for (int i = 0; i < right; ++i) absl::StrAppend(&text, "1+1=2\n");
    TokenizeOptions options = OptionsForText(absl::StrCat(text, "1+1=3\n", text, "1+1=4\n"));
    const std::string first = TempPath("first.txt"), second = options.flags.in(0);
    ASSERT_TRUE(WriteFile(first, absl::StrCat(text, "1+2=3\n")).ok());
    options.flags.clear_in();
    options.flags.add_in(first);
    options.flags.add_in(second);
    options.flags.set_threads(3);
    EXPECT_THAT(Refusal(options), HasSubstr(absl::StrCat(second, ":", right + 1, ": "))) << right;
  }
}

// The examples of a data set as sorted text.
std::vector<std::string> Lines(const std::string& path) {
  const auto dataset = *TokenDataset::Open(path);
  std::vector<std::string> lines;
  for (int64_t i = 0; i < dataset->examples(); ++i) {
    const absl::Span<const uint8_t> example = dataset->Example(i);
    lines.push_back(dataset->vocabulary().Decode(std::vector<uint8_t>(example.begin(), example.end())));
  }
  return lines;
}

TEST(TokenizeProblemsTest, ShufflesAndCutsOffATestSet) {
  std::string text;
  std::vector<std::string> all;
  for (int i = 1; i < 10; ++i) {
    for (int k = 1; i + k < 10; ++k) {
      all.push_back(absl::StrCat(i, "+", k, "=", i + k));
      absl::StrAppend(&text, all.back(), "\n");
    }
  }
  TokenizeOptions options = OptionsForText(text);
  options.flags.set_test_fraction(0.3);
  options.flags.set_test_out(TempPath("test.safetensors"));
  ASSERT_TRUE(TokenizeProblems(options).ok());
  EXPECT_EQ(Lines(options.flags.out()), std::vector<std::string>(all.begin(), all.begin() + 26));
  EXPECT_EQ(Lines(options.flags.test_out()), std::vector<std::string>(all.begin() + 26, all.end()));
  options.flags.set_shuffle(true);
  options.flags.set_seed(3);
  ASSERT_TRUE(TokenizeProblems(options).ok());
  std::vector<std::string> lines = Lines(options.flags.out());
  EXPECT_EQ(lines.size(), 26);
  for (const std::string& line : Lines(options.flags.test_out())) lines.push_back(line);
  EXPECT_NE(lines, all);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, all);
}

TEST(TokenizeProblemsTest, TestSetsThatCannotBe) {
  TokenizeOptions options = OptionsForText("1+1=2\n");
  options.flags.set_test_fraction(0.5);
  EXPECT_EQ(ExitCodeOf(TokenizeProblems(options)), kExitUsage);
  options.flags.set_test_out(TempPath("never.safetensors"));
  EXPECT_THAT(Refusal(options), HasSubstr("found 1 problems, expected enough for a test fraction of 0.5"));
  options.flags.set_test_fraction(1);
  EXPECT_EQ(ExitCodeOf(TokenizeProblems(options)), kExitUsage);
}

TEST(TokenizeProblemsTest, AVocabularyOfOnesOwn) {
  TokenizeOptions options = OptionsForText("1+1=2\n");
  options.flags.set_vocab(TempPath("vocabulary.json"));
  ASSERT_TRUE(WriteFile(options.flags.vocab(),
                        R"({"type":"custom","tokens":["[PAD]","[UNK]","[BOS]","[EOS]","0","1","2","3","4","5","6","7",)"
                        R"("8","9","=","+"]})")
                  .ok());
  ASSERT_TRUE(TokenizeProblems(options).ok());
  const auto dataset = TokenDataset::Open(options.flags.out());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_THAT((*dataset)->Example(0), ::testing::ElementsAre(5, 15, 5, 14, 6, 3));
}

// One test for each recorded data set of the reference.
class RecordedDatasetTest : public ::testing::TestWithParam<std::pair<const char*, ProblemFormat>> {};

TEST_P(RecordedDatasetTest, HasTheReferencesIds) {
  const auto& [name, format] = GetParam();
  TokenizeOptions options = Options(absl::StrCat("tests/data/", name, ".txt"));
  options.formats = {format};
  const absl::Status status = TokenizeProblems(options);
  ASSERT_TRUE(status.ok()) << status;
  const auto dataset = TokenDataset::Open(options.flags.out());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto recorded = nlohmann::json::parse(*ReadFile(absl::StrCat("tests/data/", name, ".ids.json")))
                            .get<std::vector<std::vector<uint8_t>>>();
  ASSERT_EQ((*dataset)->examples(), recorded.size());
  for (size_t i = 0; i < recorded.size(); ++i) {
    const absl::Span<const uint8_t> example = (*dataset)->Example(i);
    std::vector<uint8_t> padded(example.begin(), example.end());
    padded.resize(recorded[i].size(), kPadId);
    EXPECT_EQ(padded, recorded[i]) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, RecordedDatasetTest, ::testing::ValuesIn(RecordedFormats()),
                         [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace tally

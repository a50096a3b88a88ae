#include "lib/tasks/sampling/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/tasks/operands/layouts.h"
#include "tests/data/recorded_formats.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

GenerateOptions Options(int64_t count) {
  GenerateOptions options;
  options.sampler.first = {1, 20};
  options.sampler.second = {1, 20};
  options.count = count;
  options.seed = 42;
  return options;
}

std::string Generate(GenerateOptions options) {
  options.out = absl::StrCat(::testing::TempDir(), "/problems.txt");
  const absl::Status status = GenerateProblems(options);
  EXPECT_TRUE(status.ok()) << status;
  return ReadFile(options.out).value_or("");
}

// The lines of `text` with `symbol` in them.
std::string LinesWith(char symbol, absl::string_view text) {
  std::string lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.find(symbol) != absl::string_view::npos) absl::StrAppend(&lines, line, "\n");
  }
  return lines;
}

TEST(GenerateTest, SamplesOfSeveralTasksAlternate) {
  GenerateOptions mixed = Options(300);
  mixed.shuffle = false;
  GenerateOptions alone = mixed;
  alone.count = 100;
  const std::string sums = Generate(alone);
  mixed.others.resize(2);
  mixed.others[0].task = &TaskNamed("subtraction");
  mixed.others[1].task = &TaskNamed("parity");
  const std::string text = Generate(mixed);
  EXPECT_EQ(LinesWith('+', text), sums);
  EXPECT_EQ(std::count(text.begin(), text.end(), '#'), 100);
  // Shards are parts of the whole, in any order.
  mixed.shuffle = true;
  std::string shards;
  for (int64_t i = 0; i < 3; ++i) {
    mixed.shard = {i, 3};
    shards += Generate(mixed);
  }
  mixed.shard = {};
  EXPECT_EQ(shards, Generate(mixed));
}

TEST(GenerateTest, MixturesThatCannotBeAreUsageErrors) {
  GenerateOptions options = Options(10);
  options.others.resize(1);
  EXPECT_EQ(ExitCodeOf(GenerateProblems(options)), kExitUsage);  // addition twice
  options.sampler.format.task = &TaskNamed("sorting");
  options.others[0].task = &TaskNamed("bitwise_or");
  const absl::Status status = GenerateProblems(options);
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("bitwise_or counts its problems"));
}

std::string HashOf(absl::string_view text) { return absl::StrFormat("%016x", XXH3_64bits(text.data(), text.size())); }

// The numbers of a seed are a promise: experiments are named by them. A change here is a change of the format.
TEST(GenerateTest, TheStreamOfASeedNeverChanges) {
  EXPECT_EQ(HashOf(Generate(Options(1000))), "9f9627b9802060ff");
  GenerateOptions options = Options(1000);
  options.sampler.lengths.kind = LengthDistribution::kUniform;
  options.sampler.equal_lengths = 0.1;
  options.sampler.carry_chains = 0.1;
  options.sampler.keep_zero = true;
  options.sampler.format.order = DigitOrder::kAnswerReversed;
  EXPECT_EQ(HashOf(Generate(options)), "450b42427fa42e16");
}

TEST(GenerateTest, TheStreamOfEachTaskNeverChanges) {
  const auto hash = [](absl::string_view task) {
    GenerateOptions options = Options(500);
    options.sampler.first = {1, 8};
    options.sampler.second = {1, 9};
    options.sampler.format.task = &TaskNamed(task);
    if (task == "bitwise_or") options.count = 100;
    return HashOf(Generate(options));
  };
  EXPECT_EQ(hash("addition"), "f424c18dbefa9b73");
  EXPECT_EQ(hash("subtraction"), "5cf91954249b22b3");
  EXPECT_EQ(hash("multiplication"), "ce538a94959ba8c4");
  EXPECT_EQ(hash("bitwise_or"), "1f72bb59113265dd");
  EXPECT_EQ(hash("sorting"), "92f8e07406d91917");
}

// The form of a line: each digit 9, each label L, runs of them shortened; hints are checked and left out.
std::string FormOf(absl::string_view line, const ProblemFormat& format) {
  std::string form, plain;
  if (format.index_hints && format.task->name() != "sorting") {
    plain = WithoutHints(line, "+-x=").value();
    line = plain;
  }
  while (!line.empty()) {
    size_t bytes = 1;
    const bool hint = HintAt(line, &bytes) >= 0 && line[0] != ',' && line[0] != ':';
    const std::string part = hint ? "L" : absl::ascii_isdigit(line[0]) ? "9" : std::string(line.substr(0, bytes));
    line.remove_prefix(bytes);
    if (!absl::EndsWith(form, part)) form += part;
  }
  return form;
}

// datagen's lines of each recorded variant have the form of the recorded ones, and no other.
class RecordedVariantTest : public ::testing::TestWithParam<std::pair<const char*, ProblemFormat>> {};

TEST_P(RecordedVariantTest, LinesHaveTheRecordedForm) {
  const auto& [name, format] = GetParam();
  GenerateOptions options;
  options.sampler.format = format;
  options.sampler.first = {1, 6};
  options.sampler.second = {1, 5};
  options.sampler.spaces = format.spaces ? 0.2 : 0;
  options.count = format.task->name() == "bitwise_or" ? 0 : 400;
  std::string room;
  std::set<std::string> made, recorded;
  for (const absl::string_view line : absl::StrSplit(Generate(options), '\n', absl::SkipEmpty())) {
    EXPECT_TRUE(ParseProblem(line, format, &room).ok()) << line;
    made.insert(FormOf(line, format));
  }
  const std::string text = *ReadFile(absl::StrCat("tests/data/", name, ".txt"));
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty()))
    recorded.insert(FormOf(line, format));
  // Lines with random spaces or labels have many forms; others have few, and the same.
  if (format.spaces || format.task->name() == "sorting") {
    EXPECT_TRUE(std::any_of(recorded.begin(), recorded.end(), [&](const std::string& f) { return made.count(f) > 0; }));
  } else {
    for (const std::string& form : recorded) EXPECT_EQ(made.count(form), 1) << form;
    for (const std::string& form : made) {
      // Forty recorded lines need not show every rare form, such as a single-digit number with its sign in front.
      EXPECT_TRUE(recorded.count(form) || absl::StrContains(form, '-')) << form;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, RecordedVariantTest, ::testing::ValuesIn(RecordedFormats()),
                         [](const auto& info) { return std::string(info.param.first); });

TEST(GenerateTest, CountedProblemsComeOnceEach) {
  GenerateOptions options = Options(0);
  options.sampler.format.task = &TaskNamed("bitwise_or");
  options.sampler.first = {1, 6};
  options.sampler.second = {1, 5};
  std::set<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(Generate(options), '\n', absl::SkipEmpty())) {
    EXPECT_TRUE(lines.insert(std::string(line)).second) << line;
  }
  EXPECT_EQ(lines.size(), 15 + 15 + 4 * 5 + 20);
  options.count = 71;
  EXPECT_THAT(std::string(GenerateProblems(options).message()), HasSubstr("at most 70"));
}

TEST(GenerateTest, ShardsAreTheWholeInOrder) {
  for (const bool shuffle : {false, true}) {
    for (const int64_t count : {1, 5, 997, 2000}) {
      GenerateOptions options = Options(count);
      options.shuffle = shuffle;
      const std::string whole = Generate(options);
      for (const int64_t shards : {1, 2, 3, 7}) {
        std::string together;
        for (int64_t i = 0; i < shards; ++i) {
          options.shard = {i, shards};
          together += Generate(options);
        }
        EXPECT_EQ(together, whole) << count << " lines in " << shards;
        options.shard = {};
      }
    }
  }
}

// Lines so long that a block has few, and so short that blocks are full.
TEST(GenerateTest, ThreadsChangeNothing) {
  for (const int digits : {1, 20, 3000}) {
    for (const int64_t count : {1, 7, 400, 30000}) {
      if (digits > 100 && count > 1000) continue;
      GenerateOptions options = Options(count);
      options.sampler.first = options.sampler.second = {1, digits};
      const std::string by_one = Generate(options);
      EXPECT_EQ(std::count(by_one.begin(), by_one.end(), '\n'), count);
      for (const int threads : {0, 2, 5}) {
        options.threads = threads;
        EXPECT_EQ(Generate(options), by_one) << count << " lines of " << digits << " digits, " << threads << " threads";
      }
    }
  }
}

TEST(GenerateTest, ThreadsStopAtALineThatCannotBe) {
  GenerateOptions options = Options(5000);
  options.sampler.split = {Split::kTest, 0};
  options.threads = 3;
  options.out = absl::StrCat(::testing::TempDir(), "/none.txt");
  EXPECT_EQ(ExitCodeOf(GenerateProblems(options)), kExitUsage);
  EXPECT_NE(access(options.out.c_str(), F_OK), 0);
}

std::vector<std::string> SortedLines(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(GenerateTest, ShuffleReordersTheSamples) {
  GenerateOptions options = Options(2000);
  const std::string shuffled = Generate(options);
  options.shuffle = false;
  const std::string ordered = Generate(options);
  EXPECT_NE(shuffled, ordered);
  EXPECT_EQ(SortedLines(shuffled), SortedLines(ordered));
  EXPECT_EQ(SortedLines(ordered).size(), 2000);
}

TEST(GenerateTest, WithoutShuffleAShorterDataSetIsTheBeginningOfALonger) {
  GenerateOptions options = Options(50);
  options.shuffle = false;
  const std::string fifty = Generate(options);
  options.count = 60;
  EXPECT_EQ(Generate(options).substr(0, fifty.size()), fifty);
}

// The first `count` lines of endless data; the reader leaves after them.
std::string Beginning(GenerateOptions options, int64_t count) {
  options.count = kEndless;
  options.out = absl::StrCat(::testing::TempDir(), "/pipe");
  unlink(options.out.c_str());
  EXPECT_EQ(mkfifo(options.out.c_str(), 0600), 0);
  signal(SIGPIPE, SIG_IGN);
  absl::Status status;
  std::thread generator([&] { status = GenerateProblems(options); });
  std::string text;
  {
    const auto in = *LineReader::Open(options.out);
    absl::string_view line;
    for (int64_t i = 0; i < count && *in->Next(&line); ++i) absl::StrAppend(&text, line, "\n");
  }
  generator.join();
  EXPECT_TRUE(IsOutputClosed(status)) << status;
  return text;
}

TEST(GenerateTest, EndlessDataHoldTheSamplesOfFiniteData) {
  GenerateOptions options = Options(kShuffleWindow);
  options.sampler.first = options.sampler.second = {1, 3};
  options.shuffle = false;
  const std::string by_number = Generate(options);
  EXPECT_EQ(Beginning(options, kShuffleWindow), by_number);
  options.shuffle = true;
  const std::string shuffled = Beginning(options, kShuffleWindow);
  EXPECT_NE(shuffled, by_number);
  EXPECT_EQ(SortedLines(shuffled), SortedLines(by_number));
}

TEST(GenerateTest, EndlessDataHaveNoPartsAndNeedUncountedProblems) {
  GenerateOptions options = Options(kEndless);
  options.shard = {0, 2};
  EXPECT_THAT(std::string(GenerateProblems(options).message()), HasSubstr("endless data have no parts"));
  options = Options(kEndless);
  options.sampler.format.task = &TaskNamed("bitwise_or");
  const absl::Status counted = GenerateProblems(options);
  EXPECT_EQ(ExitCodeOf(counted), kExitUsage);
  EXPECT_THAT(std::string(counted.message()),
              HasSubstr("--count: found inf, expected the number of problems, at most"));
}

TEST(GenerateTest, RefusesNonsenseBeforeTouchingTheOutput) {
  GenerateOptions options = Options(0);
  options.out = absl::StrCat(::testing::TempDir(), "/never.txt");
  const absl::Status count = GenerateProblems(options);
  EXPECT_EQ(ExitCodeOf(count), kExitUsage);
  EXPECT_THAT(std::string(count.message()), HasSubstr("--count: found 0, expected the number of problems, at least 1"));
  options = Options(1);
  options.out = absl::StrCat(::testing::TempDir(), "/never.txt");
  options.sampler.first = {3, 2};
  EXPECT_EQ(ExitCodeOf(GenerateProblems(options)), kExitUsage);
  struct stat info;
  EXPECT_NE(stat(options.out.c_str(), &info), 0);
}

TEST(GenerateTest, AFolderThatDoesNotExistCannotBeWrittenTo) {
  GenerateOptions options = Options(1);
  options.out = absl::StrCat(::testing::TempDir(), "/absent/problems.txt");
  EXPECT_EQ(ExitCodeOf(GenerateProblems(options)), kExitCannotCreate);
}

}  // namespace
}  // namespace tally

#include "lib/plot/report/run_facts.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// The folder of a run with these files.
std::string RunWith(const std::string& name, const std::string& config, const std::string& metrics = "") {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/", name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  EXPECT_TRUE(WriteFile(folder + "/config.textproto", config).ok());
  if (!metrics.empty()) {
    EXPECT_TRUE(WriteFile(folder + "/metrics.jsonl", metrics).ok());
  }
  return folder;
}

TEST(RunFactsTest, FieldsHaveTheirPaths) {
  EXPECT_THAT(ConfigFields("data: \"a.st\"\ndata: \"b.st\"\nmodel {\n  attention {\n    heads: 4\n  }\n  layers: 1\n}\n"
                           "# xxh3 12 of the lines above\n"),
              ElementsAre(Pair("data", "a.st,b.st"), Pair("model.attention.heads", "4"), Pair("model.layers", "1")));
}

TEST(RunFactsTest, DifferencesAreFieldsThatDiffer) {
  const auto runs =
      *ReadReportedRuns({absl::StrCat("one=", RunWith("one", "model {\n  layers: 1\n  heads: 2\n}\n")),
                         absl::StrCat("two=", RunWith("two", "model {\n  layers: 3\n  heads: 2\n}\nx: 1\n"))});
  const TextTable table = ConfigDifferences(runs);
  EXPECT_THAT(table.header, ElementsAre("field", "one", "two"));
  EXPECT_THAT(table.rows, ElementsAre(ElementsAre("model.layers", "1", "3"), ElementsAre("x", "-", "1")));
}

// A line that is being written has no newline yet.
TEST(RunFactsTest, TheNewestMeasuresAreThoseOfTheLastWholeLine) {
  const std::string run =
      RunWith("measured", "", "{\"step\":1,\"resident_mb\":300.5}\n{\"step\":2,\"resident_mb\":200}\n{\"st");
  const absl::StatusOr<TextTable> table = NewestMeasures(*ReadReportedRuns({run, RunWith("new", "")}));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->rows, ElementsAre(ElementsAre("step", "2", "-"), ElementsAre("resident_mb", "200", "-"),
                                       ElementsAre("resident_mb, highest", "300.5", "-")));
  EXPECT_EQ(ExitCodeOf(NewestMeasures(*ReadReportedRuns({RunWith("damaged", "", "x\n")})).status()), kExitBadInput);
}

TEST(RunFactsTest, TheMachineIsThatOfTheNewestProcess) {
  const std::string run = RunWith("on_machines", ""), none = RunWith("on_none", "");
  ASSERT_TRUE(WriteFile(run + "/machine.jsonl", "{\"step\":0,\"host\":\"a\"}\n{\"step\":9,\"host\":\"b\"}\n").ok());
  const absl::StatusOr<TextTable> table = Machines(*ReadReportedRuns({none, run}));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->rows, ElementsAre(ElementsAre("step", "-", "9"), ElementsAre("host", "-", "b")));
  EXPECT_TRUE(Machines(*ReadReportedRuns({none}))->rows.empty());
}

TEST(RunFactsTest, DataThatAreGoneAreNamed) {
  const auto runs = *ReadReportedRuns({RunWith("data", "data: \"gone/a.safetensors:0.5\"\n")});
  const TextTable table = DataSets(runs);
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0][0], "gone/a.safetensors");
  EXPECT_EQ(table.rows[0][2], "-");
}

TEST(RunFactsTest, ARunIsBeingTrainedWhileItsFolderIsLocked) {
  const std::string run = RunWith("locked", "");
  EXPECT_FALSE(IsTraining(run));
  const int fd = open(run.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
  EXPECT_TRUE(IsTraining(run));
  close(fd);
  EXPECT_FALSE(IsTraining(run));
  EXPECT_FALSE(IsTraining(run + "/absent"));
}

TEST(RunFactsTest, WrongAnswersAreCountedAndTheFirstShown) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/wrong.jsonl");
  const std::string line = "{\"recurrences\":3,\"problem\":\"1+1=\",\"expected\":\"2\",\"got\":\"3\",\"ended\":true}\n";
  ASSERT_TRUE(WriteFile(path, absl::StrCat(line, line, line)).ok());
  EXPECT_TRUE(HoldsWrongAnswers(path));
  const absl::StatusOr<WrongAnswers> wrong = ReadWrongAnswers(path, 2);
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_EQ(wrong->all, 3);
  EXPECT_THAT(wrong->table.rows, ElementsAre(ElementsAre("1+1=", "2", "3", "3", "true"), ::testing::_));
  ASSERT_TRUE(WriteFile(path, absl::StrCat(line, "{\"problem\":\"1+1=\"}\n")).ok());
  EXPECT_THAT(std::string(ReadWrongAnswers(path, 9).status().message()), HasSubstr("wrong.jsonl:2: found no expected"));
  EXPECT_FALSE(HoldsWrongAnswers(absl::StrCat(::testing::TempDir(), "/absent")));
}

}  // namespace
}  // namespace tally

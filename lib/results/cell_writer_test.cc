#include "lib/results/cell_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

const Settings kSettings = {{"model", "runs/a"}, {"seed", "1"}};

Cell CellOf(int64_t digits) {
  Cell cell;
  cell.task = "addition";
  cell.first_digits = cell.second_digits = digits;
  cell.operands = 2;
  cell.samples = cell.samples_max = 9;
  return cell;
}

bool Exists(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0;
}

class CellWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = ::testing::TempDir() + "/cells-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    out_ = folder + "/cells.jsonl";
    log_ = folder + "/wrong.jsonl";
    answers_ = folder + "/answers.jsonl";
  }

  absl::StatusOr<std::unique_ptr<CellWriter>> Open() { return CellWriter::Open(out_, {log_, answers_}, kSettings); }

  // Adds groups first, ..., last - 1.
  static void Add(CellWriter* writer, int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const LogLines log = {std::vector<std::string>(i % 3, absl::StrCat("{\"wrong\":", i, "}")),
                            {absl::StrCat("{\"answer\":", i, "}")}};
      ASSERT_TRUE(writer->Add({CellOf(i), CellOf(i + 100)}, log).ok());
    }
  }

  // What five groups at once give.
  void Whole(std::string* cells, std::string* log) {
    {
      const auto writer = *Open();
      Add(writer.get(), 0, 5);
      ASSERT_TRUE(writer->Commit().ok());
    }
    *cells = *ReadFile(out_);
    *log = *ReadFile(log_);
    ASSERT_EQ(remove(out_.c_str()), 0);
    ASSERT_EQ(remove(log_.c_str()), 0);
  }

  std::string out_, log_, answers_;
};

TEST_F(CellWriterTest, FilesAppearAtTheEnd) {
  {
    const auto writer = *Open();
    Add(writer.get(), 0, 2);
    EXPECT_FALSE(Exists(out_));
    ASSERT_TRUE(writer->Commit().ok());
  }
  EXPECT_EQ(ReadCells(out_)->size(), 4);
  EXPECT_EQ(*ReadFile(log_), "{\"wrong\":1}\n");
  EXPECT_EQ(*ReadFile(answers_), "{\"answer\":0}\n{\"answer\":1}\n");
  EXPECT_FALSE(Exists(out_ + ".partial"));
}

// Whatever part of FILE.partial a killed process has left, going on from there gives the same bytes.
TEST_F(CellWriterTest, GoesOnFromEveryByte) {
  std::string cells, log;
  Whole(&cells, &log);
  const std::string answers = *ReadFile(answers_);
  {
    const auto writer = *Open();
    Add(writer.get(), 0, 5);
  }
  const std::string partial = *ReadFile(out_ + ".partial");
  for (size_t size = 0; size <= partial.size(); size += 13) {
    ASSERT_TRUE(WriteFile(out_ + ".partial", partial.substr(0, size)).ok());
    const auto writer = *Open();
    EXPECT_EQ(writer->cells().size(), 2 * writer->groups());
    Add(writer.get(), writer->groups(), 5);
    ASSERT_TRUE(writer->Commit().ok());
    EXPECT_EQ(*ReadFile(out_), cells) << size << " bytes";
    EXPECT_EQ(*ReadFile(log_), log) << size << " bytes";
    EXPECT_EQ(*ReadFile(answers_), answers) << size << " bytes";
  }
}

TEST_F(CellWriterTest, OtherSettingsAreRefused) {
  { Add(Open()->get(), 0, 1); }
  const std::string before = *ReadFile(out_ + ".partial");
  const absl::Status status = CellWriter::Open(out_, {log_, ""}, {{"model", "runs/a"}, {"seed", "2"}}).status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(status.message(),
              HasSubstr("cells.jsonl.partial has cells of another evaluation: seed: found 2, expected 1"));
  EXPECT_EQ(*ReadFile(out_ + ".partial"), before);
}

TEST_F(CellWriterTest, DamageIsRefusedByLine) {
  { Add(Open()->get(), 0, 2); }
  std::string text = *ReadFile(out_ + ".partial");
  text[text.find("cell ")] = 'k';
  ASSERT_TRUE(WriteFile(out_ + ".partial", text).ok());
  const absl::Status status = Open().status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(status.message(), HasSubstr("cells.jsonl.partial:3: "));
  EXPECT_EQ(*ReadFile(out_ + ".partial"), text);
  ASSERT_TRUE(WriteFile(out_ + ".partial", "1+1=2\n").ok());
  EXPECT_THAT(Open().status().message(), HasSubstr("cells.jsonl.partial:1: "));
}

TEST_F(CellWriterTest, OneProcessAtATime) {
  const auto writer = *Open();
  const absl::Status status = Open().status();
  EXPECT_EQ(ExitCodeOf(status), kExitCannotCreate);
  EXPECT_THAT(status.message(), HasSubstr("another process"));
}

TEST_F(CellWriterTest, NothingIsLeftWhereNothingWasDone) {
  { ASSERT_TRUE(Open().ok()); }
  EXPECT_FALSE(Exists(out_ + ".partial"));
  EXPECT_FALSE(Exists(out_));
  EXPECT_FALSE(Exists(log_));
}

TEST_F(CellWriterTest, RefusesFilesThatCannotBe) {
  EXPECT_EQ(ExitCodeOf(CellWriter::Open(out_ + "/x", {}, kSettings).status()), kExitCannotCreate);
  EXPECT_EQ(ExitCodeOf(CellWriter::Open(out_, {out_, ""}, kSettings).status()), kExitUsage);
  EXPECT_EQ(ExitCodeOf(CellWriter::Open(out_, {"-", ""}, kSettings).status()), kExitUsage);
  for (const std::string& answers : {std::string("-"), out_, log_}) {
    EXPECT_THAT(CellWriter::Open(out_, {log_, answers}, kSettings).status().message(),
                HasSubstr(absl::StrCat("--log_answers=", answers, "; expected a file of its own")));
  }
  EXPECT_EQ(ExitCodeOf(CellWriter::Open(::testing::TempDir(), {}, kSettings).status()), kExitCannotCreate);
}

TEST_F(CellWriterTest, DevicesAreWrittenThrough) {
  const auto writer = *CellWriter::Open("/dev/null", {log_, answers_}, kSettings);
  EXPECT_FALSE(writer->keeps());
  Add(writer.get(), 0, 2);
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_EQ(*ReadFile(log_), "{\"wrong\":1}\n");
}

}  // namespace
}  // namespace tally

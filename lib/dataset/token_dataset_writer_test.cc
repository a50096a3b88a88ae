#include "lib/dataset/token_dataset_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_dataset.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

using ::testing::ElementsAreArray;

std::string TempPath(absl::string_view name) { return absl::StrCat(::testing::TempDir(), "/", name); }

// The ids of `line`.
std::vector<uint8_t> Ids(const std::string& line) {
  std::vector<uint8_t> ids;
  EXPECT_TRUE(Vocabulary::Arithmetic().Encode(line, &ids).ok()) << line;
  return ids;
}

ProblemFormat Plain() {
  ProblemFormat format;
  format.order = DigitOrder::kPlain;
  return format;
}

absl::Status AddLine(TokenDatasetWriter* writer, const std::string& line) {
  std::string room;
  const ParsedProblem problem = *ParseProblem(line, ProblemFormat(), &room);
  return writer->Add({TaskNamed("addition").Size(problem), Ids(line), static_cast<int64_t>(line.find('=')) + 1});
}

// Examples of all tasks that lines tell apart, in a vocabulary of 256 characters of four bytes: their facts are longer
// than usual headers.
TEST(TokenDatasetWriterTest, HeadersOfAnyLengthHaveRoom) {
  std::string json = R"({"type":"custom","tokens":["[PAD]","[UNK]","[BOS]","[EOS]")";
  for (const char c : std::string("0123456789=+")) absl::StrAppend(&json, ",\"", std::string(1, c), "\"");
  for (int i = 0; i < 240; ++i) {
    const char character[] = {'\xf0', '\x90', static_cast<char>(0x80 + i / 64), static_cast<char>(0x80 + i % 64), 0};
    absl::StrAppend(&json, ",\"", character, "\"");
  }
  const auto vocabulary = Vocabulary::FromJson(json + "]}", "test");
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status();
  std::vector<ProblemFormat> formats;
  for (const std::string& task : TaskNames()) {
    if (task != "bitwise_or") formats.emplace_back().task = &TaskNamed(task);
  }
  const std::string path = TempPath("long_header.safetensors");
  auto writer = TokenDatasetWriter::Open(path, DataFormatOf(formats, *vocabulary));
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (size_t i = 0; i < formats.size(); ++i) {
    TokenizedProblem example = {{1, 1}, {4, 15, 4, 14, 4}, 4};
    example.task = i;
    ASSERT_TRUE((*writer)->Add(example).ok());
  }
  const absl::Status status = (*writer)->Commit();
  ASSERT_TRUE(status.ok()) << status;
  const auto dataset = TokenDataset::Open(path);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->vocabulary().ToJson(), vocabulary->ToJson());
  EXPECT_EQ((*dataset)->tasks().size(), formats.size());
}

TEST(TokenDatasetWriterTest, WhatWentInComesOut) {
  // Long enough that every buffer is written out on the way.
  std::vector<std::string> lines;
  for (int i = 0; i < 70'000; ++i) lines.push_back(absl::StrCat(i % 1000, "+", i, "=", 7 * i));
  const std::string path = TempPath("rows.safetensors");
  auto writer = TokenDatasetWriter::Open(path, DataFormatOf({Plain()}, Vocabulary::Arithmetic()));
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (const std::string& line : lines) ASSERT_TRUE(AddLine(writer->get(), line).ok());
  EXPECT_EQ((*writer)->examples(), lines.size());
  ASSERT_TRUE((*writer)->Commit().ok());

  const auto dataset = TokenDataset::Open(path);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  ASSERT_EQ((*dataset)->examples(), lines.size());
  EXPECT_EQ((*dataset)->tasks()[0].format.order, DigitOrder::kPlain);
  EXPECT_EQ((*dataset)->tasks()[0].first_operand.min, 1);
  EXPECT_EQ((*dataset)->tasks()[0].first_operand.max, 3);
  EXPECT_EQ((*dataset)->tasks()[0].second_operand.max, 5);
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<uint8_t> ids = Ids(lines[i]);
    ids.push_back(kEndId);
    ASSERT_THAT((*dataset)->Example(i), ElementsAreArray(ids));
    ASSERT_EQ((*dataset)->AnswerStart(i), lines[i].find('=') + 1);
  }
}

TEST(TokenDatasetWriterTest, LengthsAreCountedByTask) {
  const std::string path = TempPath("mixture.safetensors");
  std::vector<ProblemFormat> formats(3);
  formats[1].task = &TaskNamed("subtraction");
  formats[2].task = &TaskNamed("multiplication");
  auto writer = TokenDatasetWriter::Open(path, DataFormatOf(formats, Vocabulary::Arithmetic()));
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Add({{1, 2}, Ids("1+23=42"), 5, /*task=*/0}).ok());
  ASSERT_TRUE((*writer)->Add({{3, 4}, Ids("321x4567=0"), 9, /*task=*/2}).ok());
  ASSERT_TRUE((*writer)->Commit().ok());
  const auto dataset = *TokenDataset::Open(path);
  ASSERT_EQ(NamesOf(dataset->tasks()), "addition, multiplication");  // of subtraction there is no example
  EXPECT_EQ(dataset->tasks()[0].second_operand.max, 2);
  EXPECT_EQ(dataset->tasks()[1].first_operand.min, 3);
}

TEST(TokenDatasetWriterTest, WithoutCommitThereIsNoFile) {
  const std::string path = TempPath("uncommitted.safetensors");
  {
    auto writer = TokenDatasetWriter::Open(path, DataFormat());
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE(AddLine(writer->get(), "1+1=2").ok());
  }
  EXPECT_EQ(ExitCodeOf(ReadFile(path).status()), kExitMissingInput);
}

TEST(TokenDatasetWriterTest, NoExamplesAreABugOfTheCaller) {
  auto writer = TokenDatasetWriter::Open(TempPath("empty.safetensors"), DataFormat());
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ(ExitCodeOf((*writer)->Commit()), kExitBug);
}

TEST(TokenDatasetWriterTest, AbsentFolderCannotBeWritten) {
  EXPECT_EQ(ExitCodeOf(TokenDatasetWriter::Open(TempPath("absent/x"), DataFormat()).status()), kExitCannotCreate);
}

absl::Status FailAppends(absl::string_view step, const std::string&) {
  return step == "write" ? IoError("no space left") : absl::OkStatus();
}

TEST(TokenDatasetWriterTest, AFullDiskIsReportedAndLeavesTheOldFile) {
  const std::string path = TempPath("old.safetensors");
  ASSERT_TRUE(WriteFile(path, "old").ok());
  auto writer = TokenDatasetWriter::Open(path, DataFormat());
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE(AddLine(writer->get(), "1+1=2").ok());
  SetFileFaultHookForTest(FailAppends);
  const absl::Status status = (*writer)->Commit();
  SetFileFaultHookForTest(nullptr);
  EXPECT_EQ(ExitCodeOf(status), kExitIoError);
  writer->reset();
  EXPECT_EQ(*ReadFile(path), "old");
}

}  // namespace
}  // namespace tally

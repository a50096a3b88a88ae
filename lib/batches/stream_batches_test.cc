#include "lib/batches/stream_batches.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/process.h"
#include "lib/base/streams.h"
#include "lib/batches/batches.h"
#include "lib/dataset/token_dataset_writer.h"
#include "lib/dataset/token_stream_writer.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

const BatchOptions kOptions = {/*batch_size=*/4, /*pool_batches=*/5, /*seed=*/9, /*answer_only=*/true,
                               /*sequential=*/true};

std::string TempPath(absl::string_view name) { return absl::StrCat(::testing::TempDir(), "/", name); }

// Example i: operands of one to thirteen and one to eleven digits, drawn by a formula that `salt` changes.
TokenizedProblem ExampleOf(int64_t i, int64_t salt) {
  const int64_t first = (i * 7 + salt) % 13 + 1, second = i * 5 % 11 + 1;
  TokenizedProblem example;
  example.size = {first, second};
  example.ids.assign(first, static_cast<uint8_t>(kFirstDigitId + i % 10));
  example.ids.push_back(14);
  example.ids.insert(example.ids.end(), second, kFirstDigitId + 2);
  example.ids.push_back(17);
  example.answer_start = static_cast<int64_t>(example.ids.size());
  example.ids.push_back(kFirstDigitId);
  return example;
}

std::string StreamOf(int64_t examples, int64_t salt = 0) {
  const std::string path = TempPath("stream");
  const auto writer = *TokenStreamWriter::Open(path, DataFormat());
  for (int64_t i = 0; i < examples; ++i) EXPECT_TRUE(writer->Add(ExampleOf(i, salt)).ok());
  EXPECT_TRUE(writer->Commit().ok());
  return path;
}

std::unique_ptr<Batches> FileOf(int64_t examples) {
  const std::string path = TempPath("tokens.safetensors");
  const auto writer = *TokenDatasetWriter::Open(path, DataFormat());
  for (int64_t i = 0; i < examples; ++i) {
    const TokenizedProblem example = ExampleOf(i, 0);
    EXPECT_TRUE(writer->Add(example).ok());
  }
  EXPECT_TRUE(writer->Commit().ok());
  return *Batches::Create({{*TokenDataset::Open(path)}}, kOptions);
}

void ExpectSame(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.ids, b.ids);
  EXPECT_EQ(a.label_positions, b.label_positions);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.samples, b.samples);
}

// The law: a stream gives what a file with the same examples gives in its order, however the run cuts it.
TEST(StreamBatchesTest, EqualThoseOfASequentialFile) {
  const auto file = FileOf(5000);
  const auto stream = *StreamBatches::Open(StreamOf(5000), kOptions);
  int64_t first = 0;
  for (int64_t step = 0; first < 4900; ++step) {
    const int64_t count = step % 30 + 1;  // some over the end of a pool, some over a whole one
    const Batch expected = *file->Take(first, count);
    const Batch batch = *stream->Take(first, count);
    ExpectSame(batch, expected);
    first += count;
  }
  EXPECT_EQ(stream->facts().format.tasks[0].first_operand.max, 13);
  EXPECT_EQ(stream->facts().format.tasks[0].second_operand.min, 1);
  EXPECT_EQ(stream->facts().longest_example, file->facts().longest_example);
  EXPECT_EQ(stream->facts().longest_number, file->facts().longest_number);
}

TEST(StreamBatchesTest, LengthsAreCountedByTask) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/mixture");
  std::vector<ProblemFormat> formats(2);
  formats[1].task = &TaskNamed("subtraction");
  const auto writer = *TokenStreamWriter::Open(path, DataFormatOf(formats, Vocabulary::Arithmetic()));
  for (int64_t i = 0; i < 40; ++i) {
    TokenizedProblem example = {{1, 2}, {5, 14, 6, 6, 17, 7}, 5};
    if (i % 2 == 1) example = {{3, 1}, {6, 6, 6, 15, 5, 17, 7}, 6};
    ASSERT_TRUE(writer->Add(example).ok());
  }
  ASSERT_TRUE(writer->Commit().ok());
  const auto stream = *StreamBatches::Open(path, kOptions);
  ASSERT_TRUE(stream->Take(0, 4).ok());
  const std::vector<TaskFacts>& tasks = stream->facts().format.tasks;
  EXPECT_EQ(tasks[0].first_operand.max, 1);
  EXPECT_EQ(tasks[0].second_operand.min, 2);
  EXPECT_EQ(tasks[1].first_operand.min, 3);
  EXPECT_EQ(tasks[1].second_operand.max, 1);
}

TEST(StreamBatchesTest, ContinueFromAnyProblem) {
  const auto file = FileOf(1000);
  for (const int64_t first : {0, 4, 19, 20, 21, 40, 500, 960}) {
    const auto stream = *StreamBatches::Open(StreamOf(1000), kOptions);
    ExpectSame(*stream->Take(first, 4), *file->Take(first, 4));
  }
}

// A run asks for the fingerprint when it saves, in the middle of a pool or at its end, and when it continues.
TEST(StreamBatchesTest, FingerprintsNameWhatCameBefore) {
  const auto unbroken = *StreamBatches::Open(StreamOf(200), kOptions);
  std::vector<std::string> seen;
  for (int64_t first = 0; first < 160; first += 4) {
    seen.push_back(*unbroken->Fingerprint(first));
    ASSERT_TRUE(unbroken->Take(first, 4).ok());
  }
  EXPECT_EQ(seen[0], seen[4]);
  EXPECT_NE(seen[4], seen[5]);
  for (const int64_t step : {0, 4, 5, 39}) {
    EXPECT_EQ(*(*StreamBatches::Open(StreamOf(200), kOptions))->Fingerprint(4 * step), seen[step]);
    const auto other = *StreamBatches::Open(StreamOf(200, /*salt=*/1), kOptions);
    EXPECT_EQ(*other->Fingerprint(4 * step) == seen[step], step < 5) << step;
  }
}

TEST(StreamBatchesTest, TheEndOfTheStreamIsAnError) {
  const auto stream = *StreamBatches::Open(StreamOf(59), kOptions);
  EXPECT_TRUE(stream->Take(0, 20).ok());
  EXPECT_TRUE(stream->Take(36, 4).ok());
  for (int again = 0; again < 2; ++again) {
    const auto ended = stream->Take(40, 4);
    EXPECT_EQ(ExitCodeOf(ended.status()), kExitBadInput);
    EXPECT_THAT(std::string(ended.status().message()),
                HasSubstr("the token stream ends after 59 examples, expected 60"));
  }
  EXPECT_TRUE(stream->Fingerprint(40).ok());  // so that what was learned can be saved
  EXPECT_EQ(ExitCodeOf(stream->Take(0, 4).status()), kExitBug);
}

TEST(StreamBatchesTest, ACutStreamIsRefusedAfterItsWholePools) {
  const std::string path = StreamOf(5000);
  const std::string bytes = *ReadFile(path);
  ASSERT_TRUE(WriteFile(path, bytes.substr(0, bytes.size() - 30)).ok());
  const auto stream = *StreamBatches::Open(path, kOptions);
  EXPECT_TRUE(stream->Take(0, 4).ok());
  const auto cut = stream->Take(4980, 4);
  EXPECT_EQ(ExitCodeOf(cut.status()), kExitBadInput);
  EXPECT_THAT(std::string(cut.status().message()), HasSubstr("is cut off"));
  EXPECT_EQ(ExitCodeOf(StreamBatches::Open(TempPath("tokens"), kOptions).status()), kExitMissingInput);
}

// The reading thread ends whatever it waits for: room in the queue, or a pipe that says nothing.
TEST(StreamBatchesTest, CanBeLeftAtAnyTime) {
  { const auto unread = *StreamBatches::Open(StreamOf(5000), kOptions); }
  const std::string pipe = TempPath("pipe");
  unlink(pipe.c_str());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int fd = open(pipe.c_str(), O_RDWR);
  const std::string header = StreamHeader(DataFormat()) + "\n";
  ASSERT_EQ(write(fd, header.data(), header.size()), header.size());
  { const auto silent = *StreamBatches::Open(pipe, kOptions); }
  close(fd);
}

// Last, as the process stays asked to stop.
TEST(StreamBatchesTest, AStopSignalEndsPassingOverButNoStep) {
  CatchStopSignals();
  const auto running = *StreamBatches::Open(StreamOf(200), kOptions);
  const auto continuing = *StreamBatches::Open(StreamOf(200), kOptions);
  ASSERT_TRUE(running->Take(0, 20).ok());
  raise(SIGTERM);
  EXPECT_TRUE(running->Fingerprint(20).ok());  // to save what was learned
  EXPECT_TRUE(running->Take(20, 20).ok());
  EXPECT_EQ(ExitCodeOf(continuing->Fingerprint(100).status()), kExitStopped);
}

}  // namespace
}  // namespace tally

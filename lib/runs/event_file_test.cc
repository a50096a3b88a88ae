#include "lib/runs/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/runs/tensorboard_event.pb.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

std::string NewRun(absl::string_view name) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/", name);
  std::filesystem::remove_all(run);
  std::filesystem::create_directory(run);
  return run;
}

std::vector<std::string> FilesOf(const std::string& run) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(run)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

// The events in a file; checksums must be right.
std::vector<tensorboard::Event> EventsOf(const std::string& path) {
  const std::string bytes = *ReadFile(path);
  std::vector<tensorboard::Event> events;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof(length));
    const std::string data = bytes.substr(at + 12, length);
    EXPECT_EQ(bytes.substr(at, 16 + length), EventRecord(data));
    EXPECT_TRUE(events.emplace_back().ParseFromString(data));
    at += 16 + length;
  }
  return events;
}

// A record as TensorFlow's writer frames it: of no data, and of "foo".
TEST(EventFileTest, RecordsAreFramedAsTFRecord) {
  EXPECT_EQ(absl::BytesToHexString(EventRecord("")),
            "0000000000000000"
            "29039807"
            "d8ea82a2");
  const std::string record = EventRecord("foo");
  EXPECT_EQ(record.size(), 19u);
  EXPECT_EQ(record.substr(12, 3), "foo");
}

TEST(EventFileTest, ScalarsOfSteps) {
  const std::string run = NewRun("scalars");
  const auto file = *EventFile::Open(run, 0, kNow);
  StepMetrics metrics;
  metrics.step = 20;
  metrics.loss = 1.5;
  ASSERT_TRUE(file->Append(metrics).ok());
  EXPECT_THAT(FilesOf(run)[0], HasSubstr("events.out.tfevents.1700000000."));
  const std::vector<tensorboard::Event> events = EventsOf(FilesOf(run)[0]);  // flushed before the file is closed
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[1].session_log().status(), tensorboard::SessionLog::START);
  EXPECT_EQ(events[1].step(), 1);
  EXPECT_EQ(events[2].step(), 20);
  EXPECT_GT(events[2].wall_time(), 1700000000);
  std::map<std::string, float> values;
  for (const auto& value : events[2].summary().value()) values[value.tag()] = value.simple_value();
  EXPECT_EQ(values.at("loss"), 1.5f);
  EXPECT_EQ(values.count("step"), 0u);
  EXPECT_EQ(values.size(), NamedValues(metrics).size() - 1);
}

TEST(EventFileTest, ALaterFileStartsBehindTheCheckpointAndSortsLast) {
  const std::string run = NewRun("continued");
  for (const int64_t last_step : {0, 40, 60}) ASSERT_TRUE(EventFile::Open(run, last_step, kNow).ok());
  const std::vector<std::string> files = FilesOf(run);
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(EventsOf(files[0])[1].step(), 1);
  EXPECT_EQ(EventsOf(files[1])[1].step(), 41);
  EXPECT_EQ(EventsOf(files[2])[1].step(), 61);
}

TEST(EventFileTest, AFolderThatDoesNotExist) {
  EXPECT_EQ(ExitCodeOf(EventFile::Open(NewRun("x") + "/absent", 0, kNow).status()), kExitCannotCreate);
}

}  // namespace
}  // namespace tally

#include "lib/base/byte_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string TempPath(absl::string_view name) { return absl::StrCat(::testing::TempDir(), "/", name); }

std::string NewPipe() {
  const std::string path = TempPath("pipe");
  unlink(path.c_str());
  EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
  return path;
}

TEST(ByteReaderTest, LinesAndBytes) {
  ASSERT_TRUE(WriteFile(TempPath("file"), absl::string_view("head\n\0\nrest", 11)).ok());
  const auto reader = *ByteReader::Open(TempPath("file"));
  EXPECT_EQ(*reader->ReadLine(10), "head");
  std::string bytes(10, '-');
  EXPECT_EQ(*reader->Read(bytes.data(), 3), 3u);
  EXPECT_EQ(bytes.substr(0, 3), absl::string_view("\0\nr", 3));
  EXPECT_EQ(*reader->Read(bytes.data(), 10), 3u);
  EXPECT_THAT(std::string(reader->ErrorHere("wrong").message()), HasSubstr("file: byte 12: wrong"));
}

TEST(ByteReaderTest, BlocksEndWhereTheStreamDoes) {
  const std::string bytes(5'000'000, 'b');
  ASSERT_TRUE(WriteFile(TempPath("block"), bytes + "rest").ok());
  const auto reader = *ByteReader::Open(TempPath("block"));
  EXPECT_TRUE(*reader->ReadBlock(bytes.size()) == bytes);
  EXPECT_EQ(*reader->ReadBlock(0), "");
  EXPECT_EQ(*reader->ReadBlock(size_t{1} << 60), "rest");
}

TEST(ByteReaderTest, ALineThatEndsNowhere) {
  ASSERT_TRUE(WriteFile(TempPath("file"), "0123456789").ok());
  const auto over = (*ByteReader::Open(TempPath("file")))->ReadLine(4);
  EXPECT_EQ(ExitCodeOf(over.status()), kExitBadInput);
  EXPECT_THAT(std::string(over.status().message()), HasSubstr("no newline in 4 bytes"));
  const auto cut = (*ByteReader::Open(TempPath("file")))->ReadLine(100);
  EXPECT_EQ(ExitCodeOf(cut.status()), kExitBadInput);
  EXPECT_THAT(std::string(cut.status().message()), HasSubstr("byte 11: found the end of the stream"));
  EXPECT_EQ(ExitCodeOf(ByteReader::Open(TempPath("absent")).status()), kExitMissingInput);
}

TEST(ByteReaderTest, FillsTheBufferFromASlowPipe) {
  const std::string path = NewPipe();
  std::thread writer([&] {
    const int fd = open(path.c_str(), O_WRONLY);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(write(fd, "0123456", 7), 7);
    close(fd);
  });
  const auto reader = *ByteReader::Open(path);
  std::string bytes(6999, '-');
  EXPECT_EQ(*reader->Read(bytes.data(), 6999), 6999u);
  EXPECT_EQ(bytes.substr(6990), "456012345");
  EXPECT_EQ(*reader->Read(bytes.data(), 10), 1u);
  EXPECT_EQ(*reader->Read(bytes.data(), 10), 0u);
  writer.join();
}

TEST(ByteReaderTest, CancelEndsAWaitingRead) {
  const std::string path = NewPipe();
  const int writer = open(path.c_str(), O_RDWR);  // opens without waiting for a reader, and never writes
  const auto reader = *ByteReader::Open(path);
  std::thread canceller([&] { reader->Cancel(); });
  char byte;
  EXPECT_EQ(*reader->Read(&byte, 1), 0u);
  canceller.join();
  close(writer);
}

}  // namespace
}  // namespace tally

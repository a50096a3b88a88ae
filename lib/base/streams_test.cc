#include "lib/base/streams.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string PathOf(const std::string& name) { return testing::TempDir() + "/streams_test_" + name; }

// Puts `fd` in the place of standard stream `target` for as long as it exists; closes `fd`.
class Redirection {
 public:
  Redirection(int target, int fd) : target_(target), saved_(dup(target)) {
    dup2(fd, target);
    close(fd);
  }
  ~Redirection() {
    dup2(saved_, target_);
    close(saved_);
  }

 private:
  const int target_;
  const int saved_;
};

// All lines of `path`, or the first error.
absl::StatusOr<std::vector<std::string>> Lines(const std::string& path) {
  auto reader = LineReader::Open(path);
  if (!reader.ok()) return reader.status();
  std::vector<std::string> lines;
  absl::string_view line;
  while (true) {
    const absl::StatusOr<bool> more = (*reader)->Next(&line);
    if (!more.ok()) return more.status();
    if (!*more) return lines;
    lines.emplace_back(line);
    EXPECT_EQ((*reader)->line_number(), lines.size());
  }
}

std::string FileWith(const std::string& data) {
  const std::string path = PathOf("input");
  EXPECT_TRUE(WriteFile(path, data).ok());
  return path;
}

TEST(LineReaderTest, SplitsAtNewlines) {
  EXPECT_THAT(*Lines(FileWith("1+2=3\n\n4+5=9\n")), ElementsAre("1+2=3", "", "4+5=9"));
  EXPECT_THAT(*Lines(FileWith("")), ElementsAre());
  EXPECT_THAT(*Lines(FileWith("\n")), ElementsAre(""));
  EXPECT_THAT(*Lines(FileWith(std::string("a\0b\r\n", 5))), ElementsAre(std::string("a\0b\r", 4)));
}

TEST(LineReaderTest, LinesAcrossAndBeyondTheBufferAreWhole) {
  std::string data;
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) expected.push_back(std::string(i * 9973, static_cast<char>('a' + i % 26)));
  expected.push_back(std::string(5 << 20, 'z'));
  expected.push_back("short");
  for (const std::string& line : expected) data += line + "\n";
  EXPECT_EQ(*Lines(FileWith(data)), expected);
}

TEST(LineReaderTest, AMissingLastNewlineIsBadInput) {
  const absl::Status status = Lines(FileWith("1+2=3\n4+5=")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("input:2: the stream ends within this line"));
}

TEST(LineReaderTest, ALineOfMoreThan64MiBIsBadInput) {
  const std::string limit(size_t{64} << 20, 'x');
  EXPECT_EQ((*Lines(FileWith(limit + "\n")))[0].size(), limit.size());
  for (const char* end : {"x\n", "x"}) {
    const absl::Status status = Lines(FileWith(limit + end)).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    EXPECT_THAT(std::string(status.message()), HasSubstr(":1: the line is longer than 64 MiB"));
  }
  unlink(PathOf("input").c_str());
}

TEST(LineReaderTest, MissingFilesAndFoldersAreToldApart) {
  EXPECT_EQ(ExitCodeOf(Lines(PathOf("none")).status()), kExitMissingInput);
  const absl::Status status = Lines(testing::TempDir()).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is a folder, expected a file"));
}

TEST(LineReaderTest, DashIsStandardInputAndShortReadsAreJoined) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread writer([fd = ends[1]] {
    for (const char c : std::string("12\n3\n")) EXPECT_EQ(write(fd, &c, 1), 1);
    close(fd);
  });
  {
    Redirection input(STDIN_FILENO, ends[0]);
    EXPECT_THAT(*Lines("-"), ElementsAre("12", "3"));
  }
  writer.join();
}

TEST(LineReaderTest, MessagesNameStandardInputAndLine) {
  Redirection input(STDIN_FILENO, open(FileWith("a\nb\n").c_str(), O_RDONLY));
  auto reader = *LineReader::Open("-");
  absl::string_view line;
  ASSERT_TRUE(*reader->Next(&line));
  ASSERT_TRUE(*reader->Next(&line));
  EXPECT_EQ(reader->ErrorHere("found b, expected c"), BadInputError("standard input:2: found b, expected c"));
}

TEST(LineReaderTest, AFailedReadIsAnIoError) {
  Redirection input(STDIN_FILENO, open(PathOf("writeonly").c_str(), O_WRONLY | O_CREAT, 0600));
  EXPECT_EQ(ExitCodeOf(Lines("-").status()), kExitIoError);
}

TEST(OutputStreamTest, AFileAppearsWithCommit) {
  const std::string path = PathOf("output");
  unlink(path.c_str());
  auto output = *OutputStream::Open(path);
  ASSERT_TRUE(output->Write("one\n").ok());
  ASSERT_TRUE(output->Write(std::string(3 << 20, 'x')).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(output->Commit().ok());
  EXPECT_EQ(*ReadFile(path), "one\n" + std::string(3 << 20, 'x'));
}

TEST(OutputStreamTest, WithoutCommitAFileStaysAbsent) {
  const std::string path = PathOf("dropped");
  {
    auto output = *OutputStream::Open(path);
    ASSERT_TRUE(output->Write("one\n").ok());
    ASSERT_TRUE(output->Flush().ok());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(OutputStreamTest, AnImpossibleFileIsRefusedAtOnce) {
  EXPECT_EQ(ExitCodeOf(OutputStream::Open(PathOf("none") + "/x").status()), kExitCannotCreate);
  EXPECT_EQ(ExitCodeOf(OutputStream::Open(testing::TempDir()).status()), kExitCannotCreate);
}

TEST(OutputStreamTest, DashAndDevStdoutAppendToStandardOutput) {
  const std::string path = PathOf("stdout");
  {
    Redirection stdout_file(STDOUT_FILENO, open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    for (const char* name : {"-", "/dev/stdout"}) {
      auto output = *OutputStream::Open(name);
      EXPECT_TRUE(output->Write("line\n").ok());
      EXPECT_TRUE(output->Commit().ok());
    }
  }
  EXPECT_EQ(*ReadFile(path), "line\nline\n");
}

TEST(OutputStreamTest, AClosedPipeIsOutputClosed) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  Redirection stdout_pipe(STDOUT_FILENO, ends[1]);
  auto output = *OutputStream::Open("-");
  EXPECT_TRUE(output->Write("buffered").ok());
  EXPECT_TRUE(IsOutputClosed(output->Commit()));
  EXPECT_TRUE(IsOutputClosed(output->Write(std::string(2 << 20, 'x'))));
}

TEST(OutputStreamTest, DevicesAndPipesAreWrittenThrough) {
  auto null = *OutputStream::Open("/dev/null");
  EXPECT_TRUE(null->Write("x").ok());
  EXPECT_TRUE(null->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));

  unlink(PathOf("fifo").c_str());
  ASSERT_EQ(mkfifo(PathOf("fifo").c_str(), 0600), 0);
  std::thread writer([] {
    auto output = *OutputStream::Open(PathOf("fifo"));
    EXPECT_TRUE(output->Write("through\n").ok());
    EXPECT_TRUE(output->Commit().ok());
  });
  EXPECT_THAT(*Lines(PathOf("fifo")), ElementsAre("through"));
  writer.join();
  EXPECT_TRUE(std::filesystem::is_fifo(PathOf("fifo")));
}

TEST(OutputStreamTest, AFullDeviceIsAnIoError) {
  auto output = *OutputStream::Open("/dev/full");
  EXPECT_TRUE(output->Write("x").ok());
  const absl::Status status = output->Commit();
  EXPECT_EQ(ExitCodeOf(status), kExitIoError);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/dev/full: cannot write: No space left"));
}

TEST(ReadFileTest, ReadsAllBytesUpToTheLimit) {
  const std::string data = std::string(3 << 20, 'x') + std::string("\0\n", 2);
  EXPECT_EQ(*ReadFile(FileWith(data)), data);
  EXPECT_EQ(*ReadFile(FileWith("12345"), 5), "12345");
  const absl::Status status = ReadFile(FileWith("123456"), 5).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is larger than 5 bytes"));
}

TEST(ReadFileTest, MissingFilesAndFoldersAreErrors) {
  EXPECT_EQ(ExitCodeOf(ReadFile(PathOf("none")).status()), kExitMissingInput);
  EXPECT_EQ(ExitCodeOf(ReadFile(testing::TempDir()).status()), kExitBadInput);
}

TEST(WriteFileTest, RefusesWhatCannotBeCreated) {
  EXPECT_EQ(ExitCodeOf(WriteFile(PathOf("none") + "/x", "data")), kExitCannotCreate);
}

}  // namespace
}  // namespace tally

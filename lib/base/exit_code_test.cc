#include "lib/base/exit_code.h"

#include <cerrno>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(ExitCodeTest, EachConstructorHasItsCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(CheckFailedError("m")), 1);
  EXPECT_EQ(ExitCodeOf(UsageError("m")), 2);
  EXPECT_EQ(ExitCodeOf(BadInputError("m")), 65);
  EXPECT_EQ(ExitCodeOf(MissingInputError("m")), 66);
  EXPECT_EQ(ExitCodeOf(CannotCreateError("m")), 73);
  EXPECT_EQ(ExitCodeOf(IoError("m")), 74);
  EXPECT_EQ(ExitCodeOf(StoppedError("m")), 75);
}

TEST(ExitCodeTest, MessagesAreKept) {
  EXPECT_EQ(BadInputError("a.txt:3: found x, expected y").message(), "a.txt:3: found x, expected y");
}

// Whatever a file holds that a message quotes.
TEST(ExitCodeTest, MessagesAreOneLineThatSteersNoTerminal) {
  EXPECT_EQ(BadInputError(absl::string_view("a\n\t\x1b[2J\0\x7f", 9)).message(), "a\\x0a\\x09\\x1b[2J\\x00\\x7f");
  EXPECT_EQ(UsageError("é·\r").message(), "é·\\x0d");
  EXPECT_EQ(UsageError("\xc2\x9b"
                       "2J")
                .message(),
            "\\xc2\\x9b2J");
  EXPECT_EQ(UsageError("\xc2-").message(), "\xc2-");
}

TEST(ExitCodeTest, LongMessagesKeepTheirEnds) {
  const absl::Status status = IoError("a.txt: found " + std::string(1'000'000, 'x') + ", expected y");
  const std::string message(status.message());
  EXPECT_EQ(message.size(), 1900u);
  EXPECT_EQ(message.substr(0, 14), "a.txt: found x");
  EXPECT_EQ(message.substr(1886), "xx, expected y");
}

TEST(ExitCodeTest, OtherCodesAreBugs) {
  EXPECT_EQ(ExitCodeOf(absl::InternalError("m")), 70);
  EXPECT_EQ(ExitCodeOf(absl::UnknownError("m")), 70);
  EXPECT_EQ(ExitCodeOf(absl::OutOfRangeError("m")), 70);
}

TEST(ExitCodeTest, AClosedOutputIsQuiet) {
  EXPECT_FALSE(OutputClosedError().ok());
  EXPECT_TRUE(IsOutputClosed(OutputClosedError()));
  EXPECT_FALSE(IsOutputClosed(absl::OkStatus()));
  EXPECT_FALSE(IsOutputClosed(IoError("m")));
  EXPECT_EQ(ExitCodeOf(OutputClosedError()), 0);
}

TEST(ExitCodeTest, OpenErrorTellsMissingFromFailingFromUncreatable) {
  EXPECT_EQ(ExitCodeOf(OpenError("a", ENOENT, false)), 66);
  EXPECT_EQ(ExitCodeOf(OpenError("a", EACCES, false)), 66);
  EXPECT_EQ(ExitCodeOf(OpenError("a", EIO, false)), 74);
  EXPECT_EQ(ExitCodeOf(OpenError("a", ENOENT, true)), 73);
  EXPECT_THAT(std::string(OpenError("dir/a", ENOENT, false).message()),
              AllOf(HasSubstr("dir/a: "), HasSubstr("No such file")));
}

}  // namespace
}  // namespace tally

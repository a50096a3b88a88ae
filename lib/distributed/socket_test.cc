#include "lib/distributed/socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/exit_code.h"
#include "lib/base/os/steady_clock.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

absl::Time Soon() { return SteadyNow() + absl::Seconds(10); }

void WaitFor(int fd) {
  pollfd waiting = {fd, POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, 10000), 1);
}

TEST(SocketTest, WholeLinesComeInOrder) {
  const Socket listening = *ListenTcp();
  EXPECT_LT(AcceptTcp(listening).fd(), 0);  // nobody yet
  LineConnection one(*ConnectTcp("127.0.0.1", PortOf(listening), Soon()));
  WaitFor(listening.fd());
  LineConnection other(AcceptTcp(listening));
  std::vector<std::string> lines;
  EXPECT_TRUE(other.Receive(&lines));  // does not block
  EXPECT_TRUE(lines.empty());
  one.Send("first");
  one.Send("");
  one.Send("third line");
  one.EndSending();
  while (other.Receive(&lines)) WaitFor(other.fd());
  EXPECT_THAT(lines, ElementsAre("first", "", "third line"));
}

TEST(SocketTest, AnEndlessLineClosesTheConnection) {
  const Socket listening = *ListenTcp();
  const LineConnection one(*ConnectTcp("127.0.0.1", PortOf(listening), Soon()));
  WaitFor(listening.fd());
  LineConnection other(AcceptTcp(listening));
  one.Send(std::string(1 << 17, 'x'));
  std::vector<std::string> lines;
  while (other.Receive(&lines)) WaitFor(other.fd());
  EXPECT_TRUE(lines.empty());
}

// Who asks for one line at a time gets the others later, and the end after the last of them.
TEST(SocketTest, LinesAreTakenOneByOne) {
  const Socket listening = *ListenTcp();
  LineConnection one(*ConnectTcp("127.0.0.1", PortOf(listening), Soon()));
  WaitFor(listening.fd());
  const LineConnection other(AcceptTcp(listening));
  EXPECT_EQ(AddressOf(other.socket()).substr(0, 7), "::ffff:");
  other.Send("first\nsecond");
  other.Send("third");
  other.EndSending();
  EXPECT_EQ(*one.Next(Soon()), "first");
  EXPECT_EQ(*one.Next(Soon()), "second");
  EXPECT_EQ(*one.Next(Soon()), "third");
  EXPECT_EQ(one.Next(Soon()).status().message(), "it closed the connection");
}

// However much is sent, a call comes back.
TEST(SocketTest, ACallTakesSomeOfAFlood) {
  const Socket listening = *ListenTcp();
  const LineConnection one(*ConnectTcp("127.0.0.1", PortOf(listening), Soon()));
  WaitFor(listening.fd());
  LineConnection other(AcceptTcp(listening));
  for (int i = 0; i < 64; ++i) one.Send(std::string(4095, 'x'));
  std::vector<std::string> lines;
  WaitFor(other.fd());
  EXPECT_TRUE(other.Receive(&lines));
  EXPECT_LE(lines.size(), 17);
}

TEST(SocketTest, SilenceEndsAWait) {
  const Socket listening = *ListenTcp();
  LineConnection one(*ConnectTcp("127.0.0.1", PortOf(listening), Soon()));
  EXPECT_EQ(one.Next(SteadyNow() + absl::Milliseconds(50)).status().message(), "it does not answer");
}

// A port whose queue of connections is full does not answer, as a machine behind a cut link does not.
TEST(SocketTest, NobodyWhoAnswersEndsAConnectionAtItsDeadline) {
  const Socket listening(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listening.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(listening.fd(), 0), 0);
  std::vector<Socket> waiting;
  absl::StatusOr<Socket> last = Socket();
  const absl::Time start = SteadyNow();
  while (last.ok() && waiting.size() < 10) {
    last = ConnectTcp("127.0.0.1", PortOf(listening), SteadyNow() + absl::Milliseconds(200));
    if (last.ok()) waiting.push_back(*std::move(last));
  }
  EXPECT_THAT(std::string(last.status().message()), ::testing::HasSubstr("Connection timed out"));
  EXPECT_LT(SteadyNow() - start, absl::Seconds(5));
}

TEST(SocketTest, ErrorsNameTheAddress) {
  const auto nowhere = ConnectTcp("no-such-host.invalid", 1, Soon());
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(ExitCodeOf(nowhere.status()), kExitIoError);
  EXPECT_THAT(std::string(nowhere.status().message()), ::testing::HasSubstr("no-such-host.invalid:1"));
}

}  // namespace
}  // namespace tally

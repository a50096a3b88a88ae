#include "lib/distributed/socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

void WaitFor(int fd) {
  pollfd waiting = {fd, POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, 10000), 1);
}

TEST(SocketTest, WholeLinesComeInOrder) {
  const Socket listening = *ListenTcp();
  EXPECT_LT(AcceptTcp(listening).fd(), 0);  // nobody yet
  LineConnection one(*ConnectTcp("127.0.0.1", PortOf(listening)));
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
  const LineConnection one(*ConnectTcp("127.0.0.1", PortOf(listening)));
  WaitFor(listening.fd());
  LineConnection other(AcceptTcp(listening));
  one.Send(std::string(1 << 17, 'x'));
  std::vector<std::string> lines;
  while (other.Receive(&lines)) WaitFor(other.fd());
  EXPECT_TRUE(lines.empty());
}

TEST(SocketTest, ErrorsNameTheAddress) {
  const auto nowhere = ConnectTcp("no-such-host.invalid", 1);
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(ExitCodeOf(nowhere.status()), kExitIoError);
  EXPECT_THAT(std::string(nowhere.status().message()), ::testing::HasSubstr("no-such-host.invalid:1"));
}

}  // namespace
}  // namespace tally

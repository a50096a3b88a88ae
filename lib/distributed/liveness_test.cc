#include "lib/distributed/liveness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/steady_clock.h"
#include "lib/distributed/admission.h"
#include "lib/distributed/socket.h"

namespace tally {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// What on_loss said.
class Losses {
 public:
  LivenessOptions Options(int rank, int size, absl::Duration timeout, int port = 0) {
    LivenessOptions options;
    options.rank = rank;
    options.size = size;
    options.host = "127.0.0.1";
    options.port = port;
    options.timeout = timeout;
    options.on_loss = [this](const std::string& message) {
      const absl::MutexLock lock(&mutex_);
      messages_.push_back(message);
    };
    return options;
  }

  // The first message; "none" where none has come within `wait`.
  std::string First(absl::Duration wait = absl::Seconds(20)) {
    const absl::MutexLock lock(&mutex_);
    const auto has_one = [this] { return !messages_.empty(); };
    return mutex_.AwaitWithTimeout(absl::Condition(&has_one), wait) ? messages_[0] : "none";
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> messages_;
};

constexpr absl::Duration kLong = absl::Seconds(60), kShort = absl::Seconds(1);

std::unique_ptr<Liveness> Lead(Losses& losses, int size, absl::Duration timeout) {
  return *Liveness::Lead(losses.Options(0, size, timeout));
}

std::unique_ptr<Liveness> Follow(Losses& losses, int rank, int size, absl::Duration timeout, int port) {
  return *Liveness::Follow(losses.Options(rank, size, timeout, port));
}

TEST(LivenessTest, RanksThatLiveAndLeaveLoseNobody) {
  Losses losses[3];
  auto leader = Lead(losses[0], 3, kShort);
  auto first = Follow(losses[1], 1, 3, kShort, leader->port());
  auto second = Follow(losses[2], 2, 3, kShort, leader->port());
  absl::SleepFor(1.5 * kShort);
  second->Leave();
  second.reset();
  absl::SleepFor(kShort);
  leader->Leave();
  leader.reset();
  absl::SleepFor(0.2 * kShort);
  first->Leave();
  for (Losses& l : losses) EXPECT_EQ(l.First(absl::ZeroDuration()), "none");
}

TEST(LivenessTest, AClosedConnectionEndsAllOthersAtOnce) {
  Losses losses[4];
  auto leader = Lead(losses[0], 4, kLong);
  auto first = Follow(losses[1], 1, 4, kLong, leader->port());
  auto second = Follow(losses[2], 2, 4, kLong, leader->port());
  auto third = Follow(losses[3], 3, 4, kLong, leader->port());
  absl::SleepFor(absl::Milliseconds(200));
  second.reset();  // as a killed process
  for (const int rank : {0, 1, 3}) {
    EXPECT_THAT(losses[rank].First(), ContainsRegex("^rank 2 \\(.+\\) has gone")) << rank;
  }
}

TEST(LivenessTest, TheLeaderIsMissedToo) {
  Losses losses[2];
  auto leader = Lead(losses[0], 2, kLong);
  auto follower = Follow(losses[1], 1, 2, kLong, leader->port());
  absl::SleepFor(absl::Milliseconds(200));
  leader.reset();
  EXPECT_THAT(losses[1].First(), HasSubstr("rank 0 (127.0.0.1) has gone"));
}

absl::Time Soon() { return SteadyNow() + absl::Seconds(10); }

LineConnection Stranger(const Liveness& leader) {
  return LineConnection(*ConnectTcp("127.0.0.1", leader.port(), Soon()));
}

TEST(LivenessTest, SilenceEndsTheLeader) {
  Losses losses;
  auto leader = Lead(losses, 2, kShort);
  const auto stopped = CallRankZero("127.0.0.1", leader->port(), "", {"", 1, "elsewhere"}, Soon());
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_EQ(losses.First(), "rank 1 (elsewhere) has not been heard for 800ms");
}

TEST(LivenessTest, SilenceEndsAFollower) {
  Losses losses;
  const Socket listening = *ListenTcp();
  std::thread stopped([&] {  // lets a rank in, then says nothing
    const Door door("", 2);
    while (true) {
      LineConnection rank(AcceptTcp(listening));
      if (rank.fd() < 0) continue;
      rank.Send(door.Greeting());
      std::string answer;
      EXPECT_TRUE(door.Admit(*rank.Next(Soon()), &answer).ok());
      rank.Send(answer);
      absl::SleepFor(2 * kShort);
      return;
    }
  });
  auto follower = Follow(losses, 1, 2, kShort, PortOf(listening));
  EXPECT_THAT(losses.First(), HasSubstr("rank 0 (127.0.0.1) has not been heard"));
  stopped.join();
}

TEST(LivenessTest, ARankThatNeverCame) {
  Losses losses[2];
  auto leader = Lead(losses[0], 3, kShort);
  auto follower = Follow(losses[1], 1, 3, kShort, leader->port());
  EXPECT_EQ(losses[0].First(), "rank 2 has never come");
  EXPECT_EQ(losses[1].First(), "rank 2 has never come");
}

TEST(LivenessTest, AFailureIsToldToAll) {
  for (const int failing : {0, 1}) {
    Losses losses[3];
    auto leader = Lead(losses[0], 3, kLong);
    std::unique_ptr<Liveness> ranks[] = {std::move(leader), nullptr, nullptr};
    for (const int rank : {1, 2}) ranks[rank] = Follow(losses[rank], rank, 3, kLong, ranks[0]->port());
    absl::SleepFor(absl::Milliseconds(200));
    ranks[failing]->Leave("the disk\nis full");
    for (int rank = 0; rank < 3; ++rank) {
      if (rank == failing) {
        EXPECT_EQ(losses[rank].First(absl::ZeroDuration()), "none");
      } else {
        EXPECT_THAT(losses[rank].First(), ContainsRegex("^rank [01] \\(.+\\) ended: the disk is full$"));
      }
    }
  }
}

// What strangers say is no rank's word.
TEST(LivenessTest, StrangersAreIgnored) {
  Losses losses[2];
  auto leader = Lead(losses[0], 2, kShort);
  auto follower = Follow(losses[1], 1, 2, kShort, leader->port());
  for (const char* line : {"hello v 7 c - nobody", "GET / HTTP/1.1", "failed the disk is full", "lost rank 1", "bye",
                           "beat", "hello v 1 c - elsewhere", "\n\n\n"}) {
    const LineConnection stranger = Stranger(*leader);
    stranger.Send(line);
    stranger.Send(line);
    absl::SleepFor(absl::Milliseconds(50));
  }
  for (Losses& l : losses) EXPECT_EQ(l.First(kShort / 2), "none");
}

TEST(LivenessTest, ARankWithoutTheSecretIsRefusedAndItsAbsenceExplained) {
  Losses losses[2];
  LivenessOptions leads = losses[0].Options(0, 2, kShort);
  leads.secret = "sixteen or more letters";
  auto leader = *Liveness::Lead(leads);
  LivenessOptions follows = losses[1].Options(1, 2, kShort, leader->port());
  follows.secret = "another secret, as long";
  const auto follower = Liveness::Follow(follows);
  EXPECT_EQ(ExitCodeOf(follower.status()), kExitUsage);
  EXPECT_EQ(follower.status().message(), "rank 0 refuses this rank: its TALLY_JOB_SECRET is not that of rank 0");
  EXPECT_THAT(losses[0].First(), ContainsRegex("^rank 1 has never come; refused 1 connections, the last from "
                                               "[:.0-9a-f]*: its TALLY_JOB_SECRET is not that of rank 0$"));
  follows.secret = leads.secret;
  leader = *Liveness::Lead(leads);
  follows.port = leader->port();
  EXPECT_TRUE(Liveness::Follow(follows).ok());
}

TEST(LivenessTest, AnotherVersionEndsAll) {
  Losses losses[3];
  LivenessOptions leads = losses[0].Options(0, 3, kLong);
  leads.version = "0.2.0-abc";
  auto leader = *Liveness::Lead(leads);
  LivenessOptions same = losses[1].Options(1, 3, kLong, leader->port()), other = same;
  same.version = leads.version;
  auto first = *Liveness::Follow(same);
  other.rank = 2;
  other.version = "0.1.0-def";
  EXPECT_THAT(std::string(Liveness::Follow(other).status().message()), HasSubstr("runs Tally 0.1.0-def, rank 0 0.2.0"));
  for (const int rank : {0, 1}) EXPECT_THAT(losses[rank].First(), ContainsRegex("^rank 2 \\(.+\\) runs Tally 0.1.0"));
}

TEST(LivenessTest, ASecondRankOfTheSameNumberIsRefused) {
  Losses losses;
  auto leader = Lead(losses, 2, kLong);
  auto first = Follow(losses, 1, 2, kLong, leader->port());
  const auto second = Liveness::Follow(losses.Options(1, 2, kLong, leader->port()));
  EXPECT_EQ(ExitCodeOf(second.status()), kExitUsage);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("is here already"));
  first->Leave();
  leader->Leave();
}

// More of them than are listened to, all at once: silent, sending without end, or a letter at a time. Ranks still come
// and stay, and the strangers are shown out.
TEST(LivenessTest, AFloodOfStrangersHoldsNobodyUp) {
  Losses losses[2];
  auto leader = Lead(losses[0], 2, kShort);
  std::vector<LineConnection> silent;
  for (int i = 0; i < 300; ++i) silent.push_back(Stranger(*leader));
  std::atomic<bool> done{false};
  std::thread flood([&] {
    const LineConnection endless = Stranger(*leader), slow = Stranger(*leader);
    while (!done) {
      for (int i = 0; i < 100; ++i) endless.Send("hello\nhello\nhello\nhello");
      (void)send(slow.fd(), "h", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  });
  const absl::Time start = SteadyNow();
  auto follower = Follow(losses[1], 1, 2, kShort, leader->port());
  EXPECT_LT(SteadyNow() - start, kShort / 2);
  absl::SleepFor(2 * kShort);
  done = true;
  flood.join();
  for (LineConnection& stranger : silent) {
    std::vector<std::string> lines;
    EXPECT_FALSE(stranger.Receive(&lines));
  }
  for (Losses& l : losses) EXPECT_EQ(l.First(absl::ZeroDuration()), "none");
  follower->Leave();
  leader->Leave();
}

TEST(LivenessTest, TheEldestOfTooManyStrangersAreShownOut) {
  Losses losses;
  auto leader = Lead(losses, 1, kLong);
  std::vector<LineConnection> strangers;
  for (int i = 0; i < 65; ++i) strangers.push_back(Stranger(*leader));
  EXPECT_THAT(*strangers[0].Next(Soon()), HasSubstr("tally "));
  EXPECT_EQ(strangers[0].Next(Soon()).status().message(), "it closed the connection");
  std::vector<std::string> lines;
  EXPECT_TRUE(strangers[1].Receive(&lines));
}

TEST(LivenessTest, AnUnreachableLeaderIsAnError) {
  Losses losses;
  int port = 0;
  { port = PortOf(*ListenTcp()); }
  const auto follower = Liveness::Follow(losses.Options(1, 2, kShort, port));
  ASSERT_FALSE(follower.ok());
  EXPECT_EQ(ExitCodeOf(follower.status()), kExitIoError);
}

}  // namespace
}  // namespace tally

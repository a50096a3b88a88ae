#include "lib/distributed/liveness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "lib/base/exit_code.h"
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

TEST(LivenessTest, SilenceEndsTheLeader) {
  Losses losses;
  auto leader = Lead(losses, 2, kShort);
  const Socket socket = *ConnectTcp("127.0.0.1", leader->port());
  LineConnection stopped(*ConnectTcp("127.0.0.1", leader->port()));
  stopped.Send("hello 1 elsewhere");
  EXPECT_EQ(losses.First(), "rank 1 (elsewhere) has not been heard for 800ms");
}

TEST(LivenessTest, SilenceEndsAFollower) {
  Losses losses;
  const Socket stopped = *ListenTcp();
  auto follower = Follow(losses, 1, 2, kShort, PortOf(stopped));
  EXPECT_THAT(losses.First(), HasSubstr("rank 0 (127.0.0.1) has not been heard"));
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

TEST(LivenessTest, StrangersAreIgnored) {
  Losses losses;
  auto leader = Lead(losses, 1, kShort);
  {
    LineConnection stranger(*ConnectTcp("127.0.0.1", leader->port()));
    stranger.Send("hello 7 nobody");
    stranger.Send("GET / HTTP/1.1");
    absl::SleepFor(absl::Milliseconds(200));
  }
  EXPECT_EQ(losses.First(kShort), "none");
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

#include "lib/distributed/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kSecret[] = "sixteen or more letters";

Caller RankOne(const std::string& secret = kSecret) { return Caller(secret, {"0.2.0-abc", 1, "host"}); }

// What rank 0 answers to a caller's hello.
std::string AnswerTo(const Door& door, Caller& caller) {
  std::string answer;
  (void)door.Admit(*caller.Hello(door.Greeting()), &answer);
  return answer;
}

TEST(AdmissionTest, WhoKnowsTheSecretIsLetIn) {
  for (const std::string secret : {kSecret, ""}) {
    const Door door(secret, 2);
    Caller caller = RankOne(secret);
    std::string answer;
    const auto member = door.Admit(*caller.Hello(door.Greeting()), &answer);
    ASSERT_TRUE(member.ok()) << member.status();
    EXPECT_EQ(member->rank, 1);
    EXPECT_EQ(member->host, "host");
    EXPECT_EQ(member->version, "0.2.0-abc");
    EXPECT_TRUE(caller.Enter(answer).ok());
  }
}

TEST(AdmissionTest, OtherSecretsAreRefusedWithTheReason) {
  const struct {
    std::string of_rank_0, of_rank, reason;
  } cases[] = {{kSecret, "another secret, as long", "its TALLY_JOB_SECRET is not that of rank 0"},
               {kSecret, "", "it has no TALLY_JOB_SECRET"},
               {"", kSecret, "rank 0 has none"}};
  for (const auto& c : cases) {
    const Door door(c.of_rank_0, 2);
    Caller caller = RankOne(c.of_rank);
    const std::string answer = AnswerTo(door, caller);
    EXPECT_THAT(answer, StartsWith("refused "));
    EXPECT_THAT(answer, HasSubstr(c.reason));
    EXPECT_EQ(ExitCodeOf(caller.Enter(answer)), kExitUsage);
    EXPECT_THAT(std::string(caller.Enter(answer).message()), HasSubstr(c.reason));
  }
}

// What was overheard serves at no other door, and no other word of it can be changed.
TEST(AdmissionTest, NoHelloServesTwiceOrForAnotherRank) {
  const Door door(kSecret, 3), other(kSecret, 3);
  Caller caller = RankOne();
  const std::string hello = *caller.Hello(door.Greeting());
  std::string answer;
  EXPECT_TRUE(door.Admit(hello, &answer).ok());
  EXPECT_FALSE(other.Admit(hello, &answer).ok());
  for (const auto& [from, to] : {std::pair{" 1 ", " 2 "}, {" host", " hosT"}, {"0.2.0", "0.2.1"}}) {
    std::string changed = hello;
    changed.replace(changed.find(from), std::string(from).size(), to);
    EXPECT_FALSE(door.Admit(changed, &answer).ok()) << changed;
  }
}

TEST(AdmissionTest, WhoDoesNotKnowTheSecretIsNotRankZero) {
  Caller caller = RankOne();
  const std::string hello = *caller.Hello("tally 00112233445566778899aabbccddeeff");
  const std::string proof = hello.substr(hello.find(" 1 ") + 36, 64);
  for (const std::string& answer : {std::string("welcome -"), std::string("welcome "), std::string("hello"),
                                    "welcome " + proof, std::string("welcome ") + std::string(64, '0')}) {
    EXPECT_EQ(ExitCodeOf(caller.Enter(answer)), kExitBadInput) << answer;
  }
}

TEST(AdmissionTest, WhatIsNoHelloIsRefused) {
  const Door door("", 3);
  std::string answer;
  for (const char* line : {"", "hello", "hello 1 host", "GET / HTTP/1.1", "hello v x c - h", "hello v 1 c - two hosts",
                           "hello v 0 c - h", "hello v 3 c - h", "hello v -1 c - h", "hello v 99999999999 c - h"}) {
    EXPECT_FALSE(door.Admit(line, &answer).ok()) << line;
    EXPECT_THAT(answer, StartsWith("refused ")) << line;
  }
  for (const char* line : {"", "tally", "tally ", "SSH-2.0-OpenSSH_9.2", "tally 0 1", "tally short"}) {
    EXPECT_FALSE(RankOne().Hello(line).ok()) << line;
  }
}

}  // namespace
}  // namespace tally

#include "lib/distributed/admission.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/steady_clock.h"
#include "lib/base/status_macros.h"
#include "lib/distributed/keyed_hash.h"

namespace tally {
namespace {

constexpr char kNoProof[] = "-";

// Both challenges and who the rank says that it is.
std::string Words(absl::string_view of_rank_0, absl::string_view of_rank, const Member& member) {
  return absl::StrCat(of_rank_0, " ", of_rank, " ", member.version, " ", member.rank, " ", member.host);
}

std::string Proof(const std::string& secret, absl::string_view side, absl::string_view words) {
  if (secret.empty()) return kNoProof;
  return absl::BytesToHexString(KeyedHash(secret, absl::StrCat(side, " ", words)));
}

std::string HelloProof(const std::string& secret, absl::string_view words) { return Proof(secret, "hello", words); }
std::string WelcomeProof(const std::string& secret, absl::string_view words) { return Proof(secret, "welcome", words); }

// Why a proof does not count.
absl::string_view WrongProof(absl::string_view proof, const std::string& secret) {
  if (secret.empty()) return "it has a TALLY_JOB_SECRET, and rank 0 has none";
  if (proof == kNoProof) return "it has no TALLY_JOB_SECRET, and rank 0 has one";
  return "its TALLY_JOB_SECRET is not that of rank 0";
}

}  // namespace

Door::Door(std::string secret, int size) : secret_(std::move(secret)), size_(size), challenge_(RandomChallenge()) {}

std::string Door::Greeting() const { return absl::StrCat("tally ", challenge_); }

absl::StatusOr<Member> Door::Admit(absl::string_view hello, std::string* answer) const {
  absl::StatusOr<Member> member = Judge(hello, answer);
  if (!member.ok()) *answer = absl::StrCat("refused ", member.status().message());
  return member;
}

absl::StatusOr<Member> Door::Judge(absl::string_view hello, std::string* welcome) const {
  const std::vector<absl::string_view> words = absl::StrSplit(hello, ' ');
  Member member;
  if (words.size() != 6 || words[0] != "hello" || !absl::SimpleAtoi(words[2], &member.rank)) {
    return BadInputError("it does not speak as a rank of this version of Tally does");
  }
  member.version = std::string(words[1]);
  member.host = std::string(words[5]);
  const std::string proven = Words(challenge_, words[3], member);
  if (!EqualSecretly(words[4], HelloProof(secret_, proven))) return BadInputError(WrongProof(words[4], secret_));
  if (member.rank < 1 || member.rank >= size_) {
    return BadInputError(absl::StrCat("it says that it is rank ", member.rank, " of ", size_));
  }
  *welcome = absl::StrCat("welcome ", WelcomeProof(secret_, proven));
  return member;
}

Caller::Caller(std::string secret, Member self)
    : secret_(std::move(secret)), self_(std::move(self)), challenge_(RandomChallenge()) {}

absl::StatusOr<std::string> Caller::Hello(absl::string_view greeting) {
  if (!absl::ConsumePrefix(&greeting, "tally ") || greeting.size() != challenge_.size() ||
      absl::StrContains(greeting, ' ')) {
    return BadInputError("it does not speak as rank 0 does");
  }
  words_ = Words(greeting, challenge_, self_);
  return absl::StrCat("hello ", self_.version, " ", self_.rank, " ", challenge_, " ", HelloProof(secret_, words_), " ",
                      self_.host);
}

absl::Status Caller::Enter(absl::string_view answer) const {
  if (absl::ConsumePrefix(&answer, "refused ")) return UsageError(absl::StrCat("rank 0 refuses this rank: ", answer));
  if (absl::ConsumePrefix(&answer, "welcome ") && EqualSecretly(answer, WelcomeProof(secret_, words_))) {
    return absl::OkStatus();
  }
  return BadInputError("it does not answer as rank 0, which knows TALLY_JOB_SECRET, would");
}

namespace {

absl::StatusOr<LineConnection> CallOnce(const std::string& host, int port, Caller caller, absl::Time deadline) {
  TALLY_ASSIGN_OR_RETURN(Socket socket, ConnectTcp(host, port, deadline));
  LineConnection connection(std::move(socket));
  TALLY_ASSIGN_OR_RETURN(const std::string greeting, connection.Next(deadline));
  TALLY_ASSIGN_OR_RETURN(const std::string hello, caller.Hello(greeting));
  connection.Send(hello);
  TALLY_ASSIGN_OR_RETURN(const std::string answer, connection.Next(deadline));
  TALLY_RETURN_IF_ERROR(caller.Enter(answer));
  return connection;
}

}  // namespace

absl::StatusOr<LineConnection> CallRankZero(const std::string& host, int port, const std::string& secret,
                                            const Member& self, absl::Time deadline) {
  while (true) {
    absl::StatusOr<LineConnection> connection = CallOnce(host, port, Caller(secret, self), deadline);
    if (connection.ok() || ExitCodeOf(connection.status()) == kExitUsage) return connection;
    // Strangers may stand in the way of both sides.
    if (ExitCodeOf(connection.status()) == kExitIoError && SteadyNow() < deadline) {
      absl::SleepFor(absl::Milliseconds(50));
      continue;
    }
    return IoError(absl::StrCat("rank 0 cannot be reached at ", host, ":", port, ": ", connection.status().message()));
  }
}

}  // namespace tally

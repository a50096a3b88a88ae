// Who may take part in a run: the first lines that a rank and rank 0 exchange, before either believes the other.
// Torch-free.
//
//   rank 0:  tally CHALLENGE
//   rank r:  hello VERSION RANK CHALLENGE PROOF HOST
//   rank 0:  welcome PROOF, or refused REASON
//
// A proof is the KeyedHash, by the job's secret, of the side's name, both challenges and the other words of the hello:
// no proof can be made without the secret, and none serves twice. Without a secret proofs are "-", and whoever speaks
// these lines is believed.
#ifndef TALLY_LIB_DISTRIBUTED_ADMISSION_H_
#define TALLY_LIB_DISTRIBUTED_ADMISSION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/distributed/socket.h"

namespace tally {

// What a rank is; one word each.
struct Member {
  std::string version;  // of Tally
  int rank = 0;
  std::string host;
};

// Rank 0's side of one connection.
class Door {
 public:
  // `size`: ranks in all.
  Door(std::string secret, int size);

  // The line to send first.
  std::string Greeting() const;

  // Who sent `hello`, and in *answer what to send back. BadInputError where it is no hello of a rank of this run; the
  // message says why, and *answer too.
  absl::StatusOr<Member> Admit(absl::string_view hello, std::string* answer) const;

 private:
  absl::StatusOr<Member> Judge(absl::string_view hello, std::string* welcome) const;

  const std::string secret_;
  const int size_;
  const std::string challenge_;
};

// The side of every other rank.
class Caller {
 public:
  Caller(std::string secret, Member self);

  // The answer to rank 0's greeting. BadInputError where that is none.
  absl::StatusOr<std::string> Hello(absl::string_view greeting);

  // Whether rank 0's answer lets this rank in. UsageError with rank 0's reason; BadInputError where it does not know
  // the secret.
  absl::Status Enter(absl::string_view answer) const;

 private:
  const std::string secret_;
  const Member self_;
  const std::string challenge_;
  std::string words_;  // what both proofs are about
};

// A connection to rank 0 that has let this rank in, tried again until `deadline` where nobody listens yet or the
// connection breaks. IoError where rank 0 cannot be reached until then; errors of Caller.
absl::StatusOr<LineConnection> CallRankZero(const std::string& host, int port, const std::string& secret,
                                            const Member& self, absl::Time deadline);

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_ADMISSION_H_

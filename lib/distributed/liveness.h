// Ends the ranks of a training run when one of them is lost, and names it. Torch-free.
//
//   1. Rank 0 listens (Lead). Every other rank connects to it (Follow), and both prove that they know the job's secret
//      (admission.h).
//   2. On each connection both sides say `beat` ten times within the timeout, from a thread of its own: a rank that
//      computes, saves or evaluates for long is alive all the same.
//   3. A rank that has done its part says `bye`; one that ends with an error says `failed MESSAGE`.
//   4. A connection that closes without `bye` (a killed process), or is silent for eight tenths of the timeout (a
//      stopped process, a machine without power), means that the rank behind it is lost.
//   5. Rank 0 says `lost MESSAGE` to all others when a rank is lost or has failed. Whoever hears it, or loses rank 0,
//      calls on_loss.
// A process that was suspended itself takes nobody's silence for loss until a timeout later.
//
// Strangers at the port cost a rank nothing: who has not been let in within a fifth of the timeout is shown out, as are
// the eldest of more than 64; what they say is never more than a refused hello.
#ifndef TALLY_LIB_DISTRIBUTED_LIVENESS_H_
#define TALLY_LIB_DISTRIBUTED_LIVENESS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tally {

struct LivenessOptions {
  int rank = 0;
  int size = 1;
  std::string host;     // of rank 0
  int port = 0;         // of rank 0; for Follow
  std::string secret;   // of the job; empty: whoever speaks as a rank does is let in
  std::string version;  // of Tally, one word; a rank with another one ends all
  absl::Duration timeout = absl::Seconds(60);

  // Called once at most, in a thread of Liveness, with "rank 3 (HOST) REASON". The tool ends its process here, as its
  // main thread may wait for the lost rank for ever.
  std::function<void(const std::string& message)> on_loss;
};

class Liveness {
 public:
  // Rank 0's side, listening at port(). IoError.
  static absl::StatusOr<std::unique_ptr<Liveness>> Lead(const LivenessOptions& options);
  int port() const;

  // The side of every other rank. IoError where rank 0 cannot be reached; UsageError with its reason where it refuses
  // this rank.
  static absl::StatusOr<std::unique_ptr<Liveness>> Follow(const LivenessOptions& options);

  // Nobody misses this rank from now on, nor does it miss others. With a message all others end with it.
  void Leave(absl::string_view failure = "");

  ~Liveness();  // without Leave: as a process that was killed

 private:
  class Watcher;
  explicit Liveness(std::unique_ptr<Watcher> watcher);

  std::unique_ptr<Watcher> watcher_;
};

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_LIVENESS_H_

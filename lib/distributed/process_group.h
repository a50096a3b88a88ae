// The processes that train one model together, and sums over them: c10d's Gloo (CPU) or NCCL (CUDA) behind an interface
// of our own, because its headers are slow to compile.
//
// How ranks meet (Connect):
//   1. Rank 0 opens c10d's TCPStore at host:port of its Ranks; the others connect to it. Under torchrun the store is
//      there already.
//   2. Each rank writes its host name there and waits for all others, for five timeouts at most.
//   3. Liveness (liveness.h) connects: from here on a lost rank ends all others.
//   4. The backend connects each rank with each other.
#ifndef TALLY_LIB_DISTRIBUTED_PROCESS_GROUP_H_
#define TALLY_LIB_DISTRIBUTED_PROCESS_GROUP_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/distributed/ranks.h"

namespace tally {

struct ProcessGroupOptions {
  Ranks ranks;
  std::string backend = "auto";  // gloo, nccl, or auto: nccl for tensors on CUDA devices, else gloo
  at::Device device = at::kCPU;  // of the tensors to sum
  absl::Duration timeout = absl::Seconds(60);
};

// A sum under way. Its tensor may be neither read nor written before Wait.
class PendingSum {
 public:
  virtual ~PendingSum() = default;

  // Once: what is done with the tensor after it sees the sum. On CUDA devices the current stream waits, not the host.
  // IoError where ranks cannot reach each other.
  virtual absl::Status Wait() = 0;
};

// Every rank calls the same functions in the same order with tensors of the same sizes. Not thread-safe.
//
// Where a rank is lost, or has left with an error, the process ends by itself: it logs the rank's number and host, and
// exits with kExitIoError.
class ProcessGroup {
 public:
  // UsageError for an unknown backend or one that this build or device does not serve; IoError that names the rank
  // which has not come.
  static absl::StatusOr<std::unique_ptr<ProcessGroup>> Connect(const ProcessGroupOptions& options);
  ~ProcessGroup();

  int rank() const;
  int size() const;

  // Starts adding `tensor`, which lies densely on the group's device, over all ranks, in place. All ranks get the same
  // bytes, and equal inputs give equal bytes every time.
  absl::StatusOr<std::unique_ptr<PendingSum>> StartSum(const at::Tensor& tensor);

  // The same at once, for a tensor on any device.
  absl::Status Sum(const at::Tensor& tensor);

  // UsageError that names this rank and the first line which differs, where `value` is not the same as rank 0's. Each
  // `what` may be compared once.
  absl::Status CheckSame(absl::string_view what, const std::string& value);

  // Ends this rank's part: with OK after waiting for all others to come to the same point; else all others end with the
  // status's message.
  void Leave(const absl::Status& status);

 private:
  class Implementation;
  explicit ProcessGroup(std::unique_ptr<Implementation> implementation);

  const std::unique_ptr<Implementation> implementation_;
};

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_PROCESS_GROUP_H_

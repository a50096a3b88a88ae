// What the ranks of a run must have in common before the first step, the part of each, and the clock they share. A null
// group is a process alone, which agrees with itself.
#ifndef TALLY_LIB_TRAIN_RANK_AGREEMENT_H_
#define TALLY_LIB_TRAIN_RANK_AGREEMENT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/shard.h"
#include "lib/distributed/process_group.h"
#include "lib/distributed/ranks.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// This process's place among the ranks, which sum tensors on `device`; null where it is alone. UsageError where the
// data are a stream, which only one process can read; errors of ProcessGroup::Connect.
absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinRanks(const RunConfig& config, const std::string& backend,
                                                        const Ranks& ranks, at::Device device);

// This process's part of each batch's sequences.
Shard PartOf(const ProcessGroup* group);

// Rank 0 or alone: logs, evaluates and writes.
bool Leads(const ProcessGroup* group);

// UsageError where a rank was called with another configuration, or another --resume, than rank 0. Waits for rank 0.
absl::Status AgreeOnOptions(ProcessGroup* group, const RunConfig& config, bool resume);

// UsageError where a rank begins after another step, or has other data (BatchSource::Fingerprint), than rank 0.
absl::Status AgreeOnStart(ProcessGroup* group, int64_t step, const std::string& data);

// Sets *number to that of rank 0: the time, or whether its evaluations end the run.
absl::Status FollowLeader(ProcessGroup* group, double* number);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_RANK_AGREEMENT_H_

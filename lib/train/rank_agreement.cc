#include "lib/train/rank_agreement.h"

#include <ATen/ops/from_blob.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/config/config.h"

namespace tally {

absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinRanks(const RunConfig& config, const std::string& backend,
                                                        const Ranks& ranks, at::Device device) {
  if (ranks.size == 1) return std::unique_ptr<ProcessGroup>();
  if (config.data_size() == 1 && config.data(0) == "-") {
    return UsageError("--data=- feeds one process; expected a file that all ranks can read");
  }
  ProcessGroupOptions group;
  group.ranks = ranks;
  group.backend = backend;
  group.device = device;
  group.timeout = absl::Seconds(config.train().distributed_timeout_seconds());
  return ProcessGroup::Connect(group);
}

Shard PartOf(const ProcessGroup* group) { return group == nullptr ? Shard() : Shard{group->rank(), group->size()}; }

bool Leads(const ProcessGroup* group) { return group == nullptr || group->rank() == 0; }

absl::Status AgreeOnOptions(ProcessGroup* group, const RunConfig& config, bool resume) {
  if (group == nullptr) return absl::OkStatus();
  TALLY_RETURN_IF_ERROR(group->CheckSame("configuration", PrintConfig(config)));
  return group->CheckSame("--resume", resume ? "set" : "not set");
}

absl::Status AgreeOnStart(ProcessGroup* group, int64_t step, const std::string& data) {
  if (group == nullptr) return absl::OkStatus();
  TALLY_RETURN_IF_ERROR(group->CheckSame("first step", absl::StrCat(step)));
  return group->CheckSame("data", data);
}

absl::Status FollowLeader(ProcessGroup* group, double* number) {
  if (group == nullptr) return absl::OkStatus();
  double sum = Leads(group) ? *number : 0;
  TALLY_RETURN_IF_ERROR(group->Sum(at::from_blob(&sum, {1}, at::kDouble)));
  *number = sum;
  return absl::OkStatus();
}

}  // namespace tally

// Which of several processes that train one model together this one is. Torch-free.
//
//   1. torchrun's variables, where RANK or WORLD_SIZE is set: RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT.
//   2. Else those of a Slurm step of several tasks: SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID; ranks meet on the first
//      host of SLURM_STEP_NODELIST (SLURM_JOB_NODELIST), at a port that follows from SLURM_JOB_ID and SLURM_STEP_ID.
//      MASTER_ADDR and MASTER_PORT take the place of these where they are set.
//   3. Else the process is alone.
// With each, TALLY_JOB_SECRET is what ranks know each other by.
#ifndef TALLY_LIB_DISTRIBUTED_RANKS_H_
#define TALLY_LIB_DISTRIBUTED_RANKS_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

struct Ranks {
  int rank = 0;        // of this process, below size
  int size = 1;        // processes in all
  int local_rank = 0;  // among the processes of its machine: the number of its device

  // Where the ranks meet; empty and 0 for one that is alone.
  std::string host;
  int port = 0;

  // What only ranks of this job know; empty: no secret was given.
  std::string secret;

  // torchrun itself keeps the store at host:port, with the keys of each attempt apart; else rank 0 opens one.
  bool store_is_open = false;
  int attempt = 0;
};

// The value of an environment variable, null where it is not set.
using Environment = std::function<const char*(const char* name)>;

// UsageError that names the variable which is missing, no number, or out of range.
absl::StatusOr<Ranks> ReadRanks(const Environment& environment);
absl::StatusOr<Ranks> ReadRanks();  // from the process's own environment

// The first host of a Slurm list: "node[01-04,7],other" -> "node01". UsageError where there is none.
absl::StatusOr<std::string> FirstHost(absl::string_view list);

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_RANKS_H_

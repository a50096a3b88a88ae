#include "lib/distributed/ranks.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr int kMostRanks = 1 << 20;
constexpr size_t kShortestSecret = 16;  // fewer letters can be found by trying

absl::Status Missing(const char* name) {
  return UsageError(absl::StrCat(name, " is not set; expected it with the other variables of a launcher"));
}

// The number in variable `name`, within min..max.
absl::StatusOr<int64_t> Number(const Environment& environment, const char* name, int64_t min, int64_t max) {
  const char* const text = environment(name);
  if (text == nullptr) return Missing(name);
  int64_t value = 0;
  if (absl::SimpleAtoi(text, &value) && value >= min && value <= max) return value;
  return UsageError(absl::StrCat(name, " is \"", text, "\"; expected an integer within ", min, "..", max));
}

absl::StatusOr<int64_t> NumberOr(const Environment& environment, const char* name, int64_t fallback, int64_t max) {
  if (environment(name) == nullptr) return fallback;
  return Number(environment, name, 0, max);
}

// TALLY_JOB_SECRET, or nothing where it is not set. The message does not repeat it.
absl::StatusOr<std::string> Secret(const Environment& environment) {
  const char* const secret = environment("TALLY_JOB_SECRET");
  if (secret == nullptr) return std::string();
  const size_t size = absl::string_view(secret).size();
  if (size >= kShortestSecret) return std::string(secret);
  return UsageError(absl::StrCat("TALLY_JOB_SECRET has ", size, " characters; expected at least ", kShortestSecret,
                                 ", such as those of `openssl rand -hex 16`, the same on all ranks"));
}

// Sets `ranks` from the values of the three variables.
absl::Status SetNumbers(const Environment& environment, const char* size_name, const char* rank_name,
                        const char* local_name, Ranks* ranks) {
  TALLY_ASSIGN_OR_RETURN(ranks->size, Number(environment, size_name, 1, kMostRanks));
  TALLY_ASSIGN_OR_RETURN(ranks->rank, Number(environment, rank_name, 0, ranks->size - 1));
  TALLY_ASSIGN_OR_RETURN(ranks->local_rank, NumberOr(environment, local_name, 0, ranks->size - 1));
  TALLY_ASSIGN_OR_RETURN(ranks->secret, Secret(environment));
  if (ranks->local_rank <= ranks->rank) return absl::OkStatus();
  return UsageError(absl::StrCat(local_name, " is ", ranks->local_rank, " and ", rank_name, " is ", ranks->rank,
                                 "; expected no higher number within a machine than in all"));
}

absl::StatusOr<Ranks> FromTorchrun(const Environment& environment) {
  Ranks ranks;
  TALLY_RETURN_IF_ERROR(SetNumbers(environment, "WORLD_SIZE", "RANK", "LOCAL_RANK", &ranks));
  if (ranks.size == 1) return ranks;
  const char* const host = environment("MASTER_ADDR");
  if (host == nullptr || *host == 0) return Missing("MASTER_ADDR");
  ranks.host = host;
  TALLY_ASSIGN_OR_RETURN(ranks.port, Number(environment, "MASTER_PORT", 1, 65535));
  const char* const agent = environment("TORCHELASTIC_USE_AGENT_STORE");
  ranks.store_is_open = agent != nullptr && absl::string_view(agent) == "True";
  TALLY_ASSIGN_OR_RETURN(ranks.attempt, NumberOr(environment, "TORCHELASTIC_RESTART_COUNT", 0, INT32_MAX));
  return ranks;
}

// Steps of one job get ports of their own, and neighbouring jobs ports far from each other; all below those that
// systems hand out by themselves (32768 and more).
absl::StatusOr<int> SlurmPort(const Environment& environment) {
  TALLY_ASSIGN_OR_RETURN(const int64_t job, Number(environment, "SLURM_JOB_ID", 0, INT64_MAX / 64));
  TALLY_ASSIGN_OR_RETURN(const int64_t step, NumberOr(environment, "SLURM_STEP_ID", 0, INT32_MAX * int64_t{4}));
  return 10000 + static_cast<int>((job * 31 + step) % 20000);
}

absl::StatusOr<Ranks> FromSlurm(const Environment& environment) {
  // Of a step where srun started one, else of the whole job.
  const char* const size_name =
      environment("SLURM_STEP_NUM_TASKS") != nullptr ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS";
  TALLY_ASSIGN_OR_RETURN(const int64_t size, NumberOr(environment, size_name, 1, kMostRanks));
  if (size <= 1) return Ranks();
  Ranks ranks;
  TALLY_RETURN_IF_ERROR(SetNumbers(environment, size_name, "SLURM_PROCID", "SLURM_LOCALID", &ranks));
  if (const char* const host = environment("MASTER_ADDR"); host != nullptr && *host != 0) {
    ranks.host = host;
  } else {
    const char* list = environment("SLURM_STEP_NODELIST");
    if (list == nullptr) list = environment("SLURM_JOB_NODELIST");
    if (list == nullptr) return Missing("SLURM_JOB_NODELIST");
    TALLY_ASSIGN_OR_RETURN(ranks.host, FirstHost(list));
  }
  if (environment("MASTER_PORT") != nullptr) {
    TALLY_ASSIGN_OR_RETURN(ranks.port, Number(environment, "MASTER_PORT", 1, 65535));
  } else {
    TALLY_ASSIGN_OR_RETURN(ranks.port, SlurmPort(environment));
  }
  return ranks;
}

}  // namespace

absl::StatusOr<std::string> FirstHost(absl::string_view list) {
  const size_t bracket = list.find('['), comma = list.find(',');
  const size_t end = std::min(bracket, comma);
  std::string host(list.substr(0, end));
  if (bracket < comma) {
    const absl::string_view numbers = list.substr(bracket + 1);
    const size_t first_end = numbers.find_first_of(",-]");
    const size_t close = numbers.find(']');
    if (first_end == absl::string_view::npos || close == absl::string_view::npos || first_end == 0) host.clear();
    if (!host.empty()) {
      const size_t next = numbers.find(',', close);
      const absl::string_view suffix =
          numbers.substr(close + 1, next == absl::string_view::npos ? next : next - close - 1);
      absl::StrAppend(&host, numbers.substr(0, first_end), suffix);
    }
  }
  if (!host.empty()) return host;
  return UsageError(absl::StrCat("SLURM_JOB_NODELIST is \"", list, "\"; expected hosts such as node[01-04]"));
}

absl::StatusOr<Ranks> ReadRanks(const Environment& environment) {
  const bool torchrun = environment("RANK") != nullptr || environment("WORLD_SIZE") != nullptr;
  return torchrun ? FromTorchrun(environment) : FromSlurm(environment);
}

absl::StatusOr<Ranks> ReadRanks() {
  return ReadRanks([](const char* name) -> const char* { return std::getenv(name); });
}

}  // namespace tally

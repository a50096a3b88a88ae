#include "lib/runs/machine.h"

#include <sched.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/base/version.h"

namespace tally {
namespace {

// What stands behind "KEY:" in the first line of `file` that begins so; "" where none does.
std::string FirstValue(const std::string& file, absl::string_view key) {
  const std::string text = ReadFile(file).value_or("");
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (absl::StripAsciiWhitespace(parts.first) == key) return std::string(absl::StripAsciiWhitespace(parts.second));
  }
  return "";
}

int UsableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  return CPU_COUNT(&set);
}

}  // namespace

Machine ThisMachine(const std::string& proc) {
  Machine machine;
  machine.host = HostName();
  machine.processor = FirstValue(proc + "/cpuinfo", "model name");
  machine.cores = UsableCores();
  const std::string memory = FirstValue(proc + "/meminfo", "MemTotal");  // "16384 kB"
  double kilobytes = 0;
  if (absl::SimpleAtod(memory.substr(0, memory.find(' ')), &kilobytes)) machine.memory_mb = kilobytes / 1024;
  return machine;
}

absl::Status NoteMachine(const std::string& run, int64_t step, const Machine& machine, const MachineUse& use) {
  nlohmann::ordered_json line = {{"step", step},
                                 {"host", machine.host},
                                 {"processor", machine.processor},
                                 {"cores", machine.cores},
                                 {"memory_mb", static_cast<int64_t>(machine.memory_mb)},
                                 {"threads", use.threads},
                                 {"ranks", use.ranks},
                                 {"device", use.device}};
  if (!use.device_name.empty()) line["device_name"] = use.device_name;
  if (use.device_memory_mb > 0) line["device_memory_mb"] = static_cast<int64_t>(use.device_memory_mb);
  line["tally"] = absl::StrCat(TallyVersion(), " ", TallyCommit());
  const std::string path = run + "/machine.jsonl";
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadIfThere(path));
  using Json = nlohmann::ordered_json;
  return WriteFile(path, absl::StrCat(text, line.dump(-1, ' ', false, Json::error_handler_t::replace), "\n"));
}

}  // namespace tally

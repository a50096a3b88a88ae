// On what a run was trained: RUN/machine.jsonl. Torch-free.
#ifndef TALLY_LIB_RUNS_MACHINE_H_
#define TALLY_LIB_RUNS_MACHINE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace tally {

struct Machine {
  std::string host;       // its name
  std::string processor;  // "AMD EPYC 9R14"; "" where Linux does not say
  int cores = 0;          // that this process may use
  double memory_mb = 0;   // MiB
};

// This one, as the files in `proc` tell; "" and 0 for what they do not.
Machine ThisMachine(const std::string& proc = "/proc");

// How a process trains on it.
struct MachineUse {
  int threads = 1;
  int ranks = 1;
  std::string device = "cpu";   // "cuda:0"
  std::string device_name;      // "" for the CPU, and where the driver does not say
  double device_memory_mb = 0;  // MiB, as the name
};

// Adds a line to RUN/machine.jsonl: the process that starts the run, or continues it after `step` steps. The file is
// whole after a crash.
absl::Status NoteMachine(const std::string& run, int64_t step, const Machine& machine, const MachineUse& use);

}  // namespace tally

#endif  // TALLY_LIB_RUNS_MACHINE_H_

// This process: signals that ask it to stop, how much memory it uses, and the machine that it runs on.
#ifndef TALLY_LIB_BASE_PROCESS_H_
#define TALLY_LIB_BASE_PROCESS_H_

#include <string>

namespace tally {

// SIGTERM, SIGINT and SIGUSR1 ask a tool to finish its step, save and leave; one that comes a second later or more
// leaves at once. Within the second it is the same request: a batch system signals all processes of a job, and those of
// them that wait for a tool pass on what they get.
//
// Installs the handlers. Before the first signal StopRequested() is false; one that comes a second after it or later
// ends the process with 128 + its number, as if it had not been caught.
void CatchStopSignals();

// True from the first signal on. Thread-safe.
bool StopRequested();

// In MiB, pages of mapped files that are in memory included.
struct ResidentMemory {
  double now = 0;
  double peak = 0;  // since the process started
};

// From /proc/self/status; zeros where that cannot be read.
ResidentMemory ResidentMegabytes();

// The machine's name in its network; "localhost" where the system does not say.
std::string HostName();

}  // namespace tally

#endif  // TALLY_LIB_BASE_PROCESS_H_

// SIGTERM, SIGINT and SIGUSR1 ask a tool to finish its step, save and leave; a second one leaves at once.
#ifndef TALLY_LIB_BASE_STOP_SIGNAL_H_
#define TALLY_LIB_BASE_STOP_SIGNAL_H_

namespace tally {

// Installs the handlers. Before the first signal StopRequested() is false; the second ends the process with 128 + its
// number, as if it had not been caught.
void CatchStopSignals();

// True from the first signal on. Thread-safe.
bool StopRequested();

}  // namespace tally

#endif  // TALLY_LIB_BASE_STOP_SIGNAL_H_

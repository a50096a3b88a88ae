#include "lib/base/stop_signal.h"

#include <signal.h>

#include <atomic>

namespace tally {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the handler may only touch lock-free atomics");

extern "C" void HandleStopSignal(int number) {
  if (!stop_requested.exchange(true)) return;
  signal(number, SIG_DFL);
  raise(number);  // delivered when this handler returns
}

}  // namespace

void CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = HandleStopSignal;
  action.sa_flags = SA_RESTART;  // a read or write that is under way goes on: the tool looks between steps
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
}

bool StopRequested() { return stop_requested.load(std::memory_order_relaxed); }

}  // namespace tally

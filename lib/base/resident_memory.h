// How much memory this process uses.
#ifndef TALLY_LIB_BASE_RESIDENT_MEMORY_H_
#define TALLY_LIB_BASE_RESIDENT_MEMORY_H_

namespace tally {

// In MiB, pages of mapped files that are in memory included.
struct ResidentMemory {
  double now = 0;
  double peak = 0;  // since the process started
};

// From /proc/self/status; zeros where that cannot be read.
ResidentMemory ResidentMegabytes();

}  // namespace tally

#endif  // TALLY_LIB_BASE_RESIDENT_MEMORY_H_

#include "lib/base/resident_memory.h"

#include <cstdio>

namespace tally {

ResidentMemory ResidentMegabytes() {
  ResidentMemory memory;
  std::FILE* const file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return memory;
  char line[256];
  long kib = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "VmRSS: %ld kB", &kib) == 1) memory.now = kib / 1024.0;
    if (std::sscanf(line, "VmHWM: %ld kB", &kib) == 1) memory.peak = kib / 1024.0;
  }
  std::fclose(file);
  return memory;
}

}  // namespace tally

// The energy that the machine's processors take, where Linux tells it (RAPL, /sys/class/powercap). Torch-free.
#ifndef TALLY_LIB_RUNS_ENERGY_METER_H_
#define TALLY_LIB_RUNS_ENERGY_METER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tally {

// All processes of the machine count. Not thread-safe.
class EnergyMeter {
 public:
  // Counters are the folders `root`/intel-rapl:N, a package each, AMD's too; often root alone may read them.
  explicit EnergyMeter(const std::string& root = "/sys/class/powercap");

  // Joules since this was made; nothing where no counter can be read. A counter that has begun again from 0 is noticed
  // where this is called at least once in between: at 200 W it lasts for twenty minutes.
  std::optional<double> Joules();

 private:
  struct Counter {
    std::string path;
    int64_t last = 0, range = 0;  // microjoules; the counter goes from 0 to `range`
  };

  std::vector<Counter> counters_;
  double joules_ = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_RUNS_ENERGY_METER_H_

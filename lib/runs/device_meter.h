// What the driver of a GPU tells of it: name, memory, energy. Torch-free; NVML is opened while the program runs, so
// that no binary needs it.
#ifndef TALLY_LIB_RUNS_DEVICE_METER_H_
#define TALLY_LIB_RUNS_DEVICE_METER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tally {

// All processes on the device count. Not thread-safe.
class DeviceMeter {
 public:
  // Of the device that CUDA calls `index`: CUDA_VISIBLE_DEVICES is followed, by numbers and by UUIDs. The driver counts
  // in the order of the bus, as CUDA does among devices of one kind, or with CUDA_DEVICE_ORDER=PCI_BUS_ID. Null where
  // there is no such library or device.
  static std::unique_ptr<DeviceMeter> Open(int index, const std::string& library = "libnvidia-ml.so.1");
  ~DeviceMeter();
  DeviceMeter(const DeviceMeter&) = delete;
  DeviceMeter& operator=(const DeviceMeter&) = delete;

  std::string Name() const;  // "NVIDIA H100 80GB HBM3"; "" where the driver does not say

  // In MiB.
  struct Memory {
    double used = 0, total = 0;
  };
  std::optional<Memory> MemoryMegabytes() const;

  // Since this was made; nothing where the device has no counter (those before Volta).
  std::optional<double> Joules() const;

 private:
  class Library;

  explicit DeviceMeter(std::unique_ptr<Library> library);

  const std::unique_ptr<Library> library_;
  const std::optional<uint64_t> first_millijoules_;
};

}  // namespace tally

#endif  // TALLY_LIB_RUNS_DEVICE_METER_H_

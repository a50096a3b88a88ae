#include "lib/runs/device_meter.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tally {
namespace {

// How the driver finds the device that CUDA calls `index`: by a number, or by a UUID, which begins with a letter.
std::string DriversNameOf(int index) {
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible == nullptr) return absl::StrCat(index);
  const std::vector<std::string> names = absl::StrSplit(visible, ',');
  if (index >= static_cast<int>(names.size())) return absl::StrCat(index);
  return std::string(absl::StripAsciiWhitespace(names[index]));
}

}  // namespace

// The functions of NVML that are used (NVML API reference, "Device Queries"); each returns 0 where it succeeds.
class DeviceMeter::Library {
 public:
  struct MemoryBytes {
    unsigned long long total, free, used;  // NOLINT(google-runtime-int): nvmlMemory_t's
  };
  using Device = void*;

  explicit Library(const std::string& file) : handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    Find("nvmlInit_v2", &init_);
    Find("nvmlShutdown", &shutdown_);
    Find("nvmlDeviceGetHandleByIndex_v2", &by_index_);
    Find("nvmlDeviceGetHandleByUUID", &by_uuid_);
    Find("nvmlDeviceGetName", &name_);
    Find("nvmlDeviceGetMemoryInfo", &memory_);
    Find("nvmlDeviceGetTotalEnergyConsumption", &energy_);
    begun_ = init_ != nullptr && init_() == 0;
  }

  ~Library() {
    if (begun_ && shutdown_ != nullptr) shutdown_();
    if (handle_ != nullptr) dlclose(handle_);
  }

  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  bool FindDevice(const std::string& name) {
    if (!begun_) return false;
    unsigned int number = 0;
    if (absl::SimpleAtoi(name, &number)) return by_index_ != nullptr && by_index_(number, &device_) == 0;
    return by_uuid_ != nullptr && by_uuid_(name.c_str(), &device_) == 0;
  }

  std::string Name() const {
    char name[96] = "";  // NVML_DEVICE_NAME_V2_BUFFER_SIZE
    return name_ != nullptr && name_(device_, name, sizeof(name)) == 0 ? name : "";
  }

  std::optional<MemoryBytes> Memory() const {
    MemoryBytes bytes = {};
    if (memory_ == nullptr || memory_(device_, &bytes) != 0) return std::nullopt;
    return bytes;
  }

  std::optional<uint64_t> Millijoules() const {
    unsigned long long energy = 0;  // NOLINT(google-runtime-int)
    if (energy_ == nullptr || energy_(device_, &energy) != 0) return std::nullopt;
    return energy;
  }

 private:
  template <typename Function>
  void Find(const char* name, Function* function) {
    if (handle_ != nullptr) *function = reinterpret_cast<Function>(dlsym(handle_, name));
  }

  void* const handle_;
  Device device_ = nullptr;
  bool begun_ = false;
  int (*init_)() = nullptr;
  int (*shutdown_)() = nullptr;
  int (*by_index_)(unsigned int, Device*) = nullptr;
  int (*by_uuid_)(const char*, Device*) = nullptr;
  int (*name_)(Device, char*, unsigned int) = nullptr;
  int (*memory_)(Device, MemoryBytes*) = nullptr;
  int (*energy_)(Device, unsigned long long*) = nullptr;  // NOLINT(google-runtime-int)
};

DeviceMeter::DeviceMeter(std::unique_ptr<Library> library)
    : library_(std::move(library)), first_millijoules_(library_->Millijoules()) {}

DeviceMeter::~DeviceMeter() = default;

std::unique_ptr<DeviceMeter> DeviceMeter::Open(int index, const std::string& library) {
  auto nvml = std::make_unique<Library>(library);
  if (!nvml->FindDevice(DriversNameOf(index))) return nullptr;
  return std::unique_ptr<DeviceMeter>(new DeviceMeter(std::move(nvml)));
}

std::string DeviceMeter::Name() const { return library_->Name(); }

std::optional<DeviceMeter::Memory> DeviceMeter::MemoryMegabytes() const {
  const auto bytes = library_->Memory();
  if (!bytes) return std::nullopt;
  constexpr double kMegabyte = 1 << 20;
  return Memory{static_cast<double>(bytes->used) / kMegabyte, static_cast<double>(bytes->total) / kMegabyte};
}

std::optional<double> DeviceMeter::Joules() const {
  const auto now = library_->Millijoules();
  if (!now || !first_millijoules_) return std::nullopt;
  return 1e-3 * static_cast<double>(*now - *first_millijoules_);
}

}  // namespace tally

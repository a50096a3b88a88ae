// A library with NVML's names and two devices, 0 and "GPU-1": each time it is asked it has used 1.5 J more.
#include <cstring>

namespace {
unsigned long long energy = 7000;  // mJ
int devices[2];
}  // namespace

extern "C" {

int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void** device) {
  *device = &devices[0];
  return index == 0 ? 0 : 2;
}

int nvmlDeviceGetHandleByUUID(const char* uuid, void** device) {
  *device = &devices[1];
  return std::strcmp(uuid, "GPU-1") == 0 ? 0 : 6;
}

int nvmlDeviceGetName(void* device, char* name, unsigned int size) {
  std::strncpy(name, device == &devices[0] ? "first device" : "second device", size);
  return 0;
}

int nvmlDeviceGetMemoryInfo(void*, unsigned long long* total_free_used) {
  total_free_used[0] = 80ull << 30;
  total_free_used[1] = 79ull << 30;
  total_free_used[2] = 1ull << 30;
  return 0;
}

int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  *millijoules = energy += 1500;
  return device == &devices[0] ? 0 : 3;  // not supported by the second
}
}

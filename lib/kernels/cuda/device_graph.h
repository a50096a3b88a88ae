// Work of a CUDA device, recorded once and played again with one call: what small operators cost on the host is paid
// once (CUDA C++ Programming Guide, "CUDA Graphs").
#ifndef TALLY_LIB_KERNELS_CUDA_DEVICE_GRAPH_H_
#define TALLY_LIB_KERNELS_CUDA_DEVICE_GRAPH_H_

#include <memory>

#include "absl/functional/function_ref.h"

namespace tally {

class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;

  // Whether this build can record: it was made with CUDA's headers.
  static bool CanRecord();

  // What `work` queues on the current stream, which is not the device's default one. Nothing of it runs yet. `work`
  // must not wait for the device, must do the same each time, and has run once before, so that libraries have been set
  // up. Tensors that it leaves behind keep their memory as long as they live; those of all graphs share the rest, so
  // that graphs play one after another. Throws c10::Error where CUDA refuses. CanRecord() must hold.
  static std::unique_ptr<DeviceGraph> Record(absl::FunctionRef<void()> work);

  // Queues it on the current stream.
  virtual void Play() = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_DEVICE_GRAPH_H_

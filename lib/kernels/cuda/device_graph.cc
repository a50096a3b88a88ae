#include "lib/kernels/cuda/device_graph.h"

#ifdef TALLY_CUDA_RUNTIME

#include <ATen/cuda/CUDAGraph.h>

namespace tally {
namespace {

class CudaGraph : public DeviceGraph {
 public:
  explicit CudaGraph(absl::FunctionRef<void()> work) {
    static const at::cuda::MempoolId_t pool = at::cuda::graph_pool_handle();
    // What other threads do meanwhile, such as NCCL's, which looks after its sums, is no part of it.
    graph_.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
    work();
    graph_.capture_end();
  }

  void Play() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

}  // namespace

bool DeviceGraph::CanRecord() { return true; }

std::unique_ptr<DeviceGraph> DeviceGraph::Record(absl::FunctionRef<void()> work) {
  return std::make_unique<CudaGraph>(work);
}

}  // namespace tally

#else

namespace tally {

bool DeviceGraph::CanRecord() { return false; }

std::unique_ptr<DeviceGraph> DeviceGraph::Record(absl::FunctionRef<void()> /*work*/) { return nullptr; }

}  // namespace tally

#endif

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "lib/kernels/cuda/launch.h"
#include "lib/kernels/normal_draw/normal_draw.h"

namespace tally {
namespace {

// Draws the states to `out`, which is on a device with kernels for it.
void DrawThere(const TokenStates& states, const at::Tensor& out) {
  // Page-locked, so that the host does not wait for what the device was given before.
  const at::Tensor samples = at::empty({out.size(0)}, at::TensorOptions(at::kLong).pinned_memory(true));
  std::copy(states.samples.begin(), states.samples.end(), samples.data_ptr<int64_t>());
  const at::Tensor samples_there = samples.to(out.device(), /*non_blocking=*/true);
  TokenStatesArrays arrays;
  arrays.seed = states.seed;
  arrays.stream = static_cast<uint32_t>(RandomStream::kInitialState);
  arrays.samples = samples_there.const_data_ptr<int64_t>();
  arrays.rows = states.states();
  arrays.begin = states.begin;
  arrays.positions = out.size(1);
  arrays.width = states.width;
  arrays.deviation = states.deviation;
  arrays.unit = states.unit;
  arrays.out = out.data_ptr<float>();
  LaunchBeside(out, FindCudaKernels()->token_states, arrays);
}

}  // namespace

at::Tensor TokenStatesTensor(const TokenStates& states, at::Device device) {
  const bool there = device.is_cuda() && FindCudaKernels() != nullptr;
  const at::Tensor out =
      at::empty({static_cast<int64_t>(states.samples.size()), states.end - states.begin, states.width},
                at::TensorOptions(at::kFloat).device(there ? device : at::kCPU));
  if (there) {
    DrawThere(states, out);
  } else {
    DrawTokenStates(states, at::get_num_threads(), out.data_ptr<float>());
  }
  return out.to(device);
}

}  // namespace tally

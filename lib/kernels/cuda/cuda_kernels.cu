#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>
#include <type_traits>

#include "lib/kernels/cuda/cuda_kernels.h"
#include "lib/kernels/cuda/tensor_core_attention.h"
#include "lib/kernels/cuda/warp_block.h"

namespace tally {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMostBlocks = 1 << 20;     // threads go on to further elements beyond
constexpr int64_t kSharedBytes = 48 << 10;   // what every device gives a block
constexpr int kMostShortThreads = 512;       // of a block of short attention
constexpr int64_t kReservedBytes = 1 << 10;  // of a multiprocessor's shared memory, for each block
constexpr int kMostBiasThreads = 128;        // that share the pairs of a sample and head
constexpr int64_t kMostColumns = kSharedBytes / sizeof(float) / kWarp;

int64_t BlocksFor(int64_t threads, int64_t block) { return std::min((threads + block - 1) / block, kMostBlocks); }

const char* LaunchError() {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorName(error);
}

// A thread for each of n elements.
template <typename Arrays, void (*kAt)(const Arrays&, int64_t)>
__global__ void ForElements(Arrays arrays, int64_t n) {
  const int64_t threads = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += threads) kAt(arrays, i);
}

template <typename Arrays, void (*kAt)(const Arrays&, int64_t)>
const char* LaunchForElements(const Arrays& arrays, int64_t n, void* stream) {
  if (n == 0) return nullptr;
  ForElements<Arrays, kAt><<<BlocksFor(n, kThreads), kThreads, 0, static_cast<cudaStream_t>(stream)>>>(arrays, n);
  return LaunchError();
}

// Calls f<T>() with the device's type of `kind`.
template <typename F>
const char* WithKind(FloatKind kind, F f) {
  switch (kind) {
    case FloatKind::kFloat:
      return f.template operator()<float>();
    case FloatKind::kBfloat16:
      return f.template operator()<__nv_bfloat16>();
    case FloatKind::kHalf:
      return f.template operator()<__half>();
  }
  return nullptr;
}

// A warp for each row; the lanes of a warp stay together, since they have the row in common.
template <typename T, typename N, bool kBackward>
__global__ void ForRows(AddLayerNormArrays arrays) {
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (kThreads / kWarp);
  const int lane = threadIdx.x % kWarp;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp; row < arrays.rows;
       row += warps) {
    if constexpr (kBackward) {
      AddLayerNormRowBackward<T, N>(arrays, row, lane, kWarp, WarpSum());
    } else {
      AddLayerNormRowForward<T, N>(arrays, row, lane, kWarp, WarpSum());
    }
  }
}

// Blocks: parts of the rows by groups of features.
template <typename N>
__global__ void ForParts(AddLayerNormArrays arrays) {
  const int64_t c = static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x;
  if (c < arrays.width) AddLayerNormPartBackward<N>(arrays, blockIdx.x, c);
}

template <bool kBackward>
const char* LaunchForRows(const AddLayerNormArrays& arrays, void* stream) {
  if (arrays.rows == 0) return nullptr;
  const cudaStream_t on = static_cast<cudaStream_t>(stream);
  return WithKind(arrays.norm_kind, [&]<typename N>() {
    const char* const error = WithKind(arrays.term_kind, [&]<typename T>() {
      ForRows<T, N, kBackward><<<BlocksFor(arrays.rows, kThreads / kWarp), kThreads, 0, on>>>(arrays);
      return LaunchError();
    });
    if (!kBackward || error != nullptr) return error;
    const int64_t parts = (arrays.rows + arrays.part_rows - 1) / arrays.part_rows;
    const int64_t threads = std::min<int64_t>((arrays.width + kWarp - 1) / kWarp * kWarp, kThreads);
    ForParts<N><<<dim3(parts, (arrays.width + threads - 1) / threads), threads, 0, on>>>(arrays);
    return LaunchError();
  });
}

// A warp for each state.
__global__ void ForStates(TokenStatesArrays arrays) {
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (kThreads / kWarp);
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp; row < arrays.rows;
       row += warps) {
    TokenStatesRow(arrays, row, threadIdx.x % kWarp, kWarp, WarpSum());
  }
}

// A block for each sample and head.
__global__ void ForHeads(RelativeBiasArrays arrays) {
  extern __shared__ float sums[];  // [columns, threads]
  const int t = threadIdx.x, n = blockDim.x;
  const int64_t b = blockIdx.x / arrays.heads, h = blockIdx.x % arrays.heads;
  for (int64_t column = 0; column < arrays.columns(); ++column) sums[column * n + t] = 0;
  AddRelativeBiasGradients(arrays, b, h, t, n, sums);
  __syncthreads();
  for (int64_t column = t; column < arrays.columns(); column += n) {
    FinishRelativeBiasGradient(arrays, b, h, column, n, sums);
  }
}

template <bool kBackward>
const char* Geglu(const GegluArrays& arrays, void* stream) {
  const int64_t n = arrays.rows * arrays.width;
  return WithKind(arrays.kind, [&]<typename T>() {
    if (arrays.width % kGegluNumbers == 0) {
      constexpr auto kAt = kBackward ? GegluBackwardPackAt<T> : GegluForwardPackAt<T>;
      return LaunchForElements<GegluArrays, kAt>(arrays, n / kGegluNumbers, stream);
    }
    constexpr auto kAt = kBackward ? GegluBackwardAt<T> : GegluForwardAt<T>;
    return LaunchForElements<GegluArrays, kAt>(arrays, n, stream);
  });
}

// A block for each sample and head.
template <typename T, bool kBackward>
__global__ void __launch_bounds__(kMostShortThreads) ForShortHeads(ShortAttentionArrays arrays) {
  extern __shared__ __align__(128) float memory[];
  ShortAttention<T, WarpBlock> attention(arrays, blockIdx.x / arrays.heads, blockIdx.x % arrays.heads, WarpBlock(),
                                         ShortAttentionMemory(arrays, memory, kBackward));
  if constexpr (kBackward) {
    attention.Backward();
  } else {
    attention.Forward();
  }
}

// The same by tensor cores.
template <typename T, bool kBackward>
__global__ void __launch_bounds__(kMostShortThreads) ForTensorCoreHeads(ShortAttentionArrays arrays) {
#if __CUDA_ARCH__ >= 800
  extern __shared__ __align__(128) float memory[];
  const WarpBlock block;
  TensorCoreAttention<T, WarpBlock> attention(
      arrays, blockIdx.x / arrays.heads, blockIdx.x % arrays.heads, block,
      TensorCoreMemory<T>(arrays, reinterpret_cast<char*>(memory), kBackward, block.threads, block.groups));
  if constexpr (kBackward) {
    attention.Backward();
  } else {
    attention.Forward();
  }
#endif
}

// Of the current device; 0 where it does not tell.
int64_t Attribute(cudaDeviceAttr attribute) {
  int device = 0, value = 0;
  const bool told =
      cudaGetDevice(&device) == cudaSuccess && cudaDeviceGetAttribute(&value, attribute, device) == cudaSuccess;
  return told ? value : 0;
}

// What a block may share.
int64_t MostSharedBytes() { return Attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin); }

// Whether there are tensor cores for bfloat16.
bool HasTensorCores() { return Attribute(cudaDevAttrComputeCapabilityMajor) >= 8; }

// Launches with `bytes` of shared memory.
template <typename Kernel>
const char* LaunchShared(Kernel kernel, int64_t blocks, int64_t threads, int64_t bytes,
                         const ShortAttentionArrays& arrays, void* stream) {
  if (bytes > kSharedBytes) {
    const cudaError_t error =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
    if (error != cudaSuccess) return cudaGetErrorName(error);
  }
  kernel<<<blocks, threads, bytes, static_cast<cudaStream_t>(stream)>>>(arrays);
  return LaunchError();
}

template <typename T, bool kBackward>
int64_t TensorCoreBytes(const ShortAttentionArrays& arrays, int threads) {
  return TensorCoreMemory<T>(arrays, nullptr, kBackward, threads, threads / kWarp).bytes;
}

// Two blocks side by side, or one of twice the threads where there is memory for one alone.
template <typename T, bool kBackward>
int TensorCoreThreads(const ShortAttentionArrays& arrays) {
  const int threads = kMostShortThreads / 2;
  const int64_t each = TensorCoreBytes<T, kBackward>(arrays, threads) + kReservedBytes;
  return 2 * each <= MostSharedBytes() + kReservedBytes ? threads : kMostShortThreads;
}

template <bool kBackward>
const char* LaunchShortAttention(const ShortAttentionArrays& arrays, void* stream) {
  const int64_t blocks = arrays.batch * arrays.heads;
  if (blocks == 0) return nullptr;
  return WithKind(arrays.kind, [&]<typename T>() {
    if (HasTensorCores() && (!std::is_same_v<T, float> || arrays.may_round)) {
      const int threads = TensorCoreThreads<T, kBackward>(arrays);
      const int64_t bytes = TensorCoreBytes<T, kBackward>(arrays, threads);
      if (bytes <= MostSharedBytes()) {
        return LaunchShared(ForTensorCoreHeads<T, kBackward>, blocks, threads, bytes, arrays, stream);
      }
    }
    // Few blocks leave a device waiting for each of their steps: more threads take fewer.
    constexpr int64_t kFewBlocks = 512;
    const int64_t threads = arrays.end <= 64 && blocks > kFewBlocks ? 256 : kMostShortThreads;
    const int64_t bytes =
        ShortAttentionFloats(arrays, kBackward, threads, threads / kWarp) * static_cast<int64_t>(sizeof(float));
    return LaunchShared(ForShortHeads<T, kBackward>, blocks, threads, bytes, arrays, stream);
  });
}

bool ShortAttentionFits(int64_t tokens, int64_t columns) {
  ShortAttentionArrays arrays;
  arrays.end = tokens;
  arrays.clips.first = (columns - 1) / 2;
  const int64_t floats = ShortAttentionFloats(arrays, /*backward=*/true, kMostShortThreads, kMostShortThreads / kWarp);
  return floats * static_cast<int64_t>(sizeof(float)) <= MostSharedBytes();
}

const char* RelativeBiasForward(const RelativeBiasArrays& arrays, void* stream) {
  const int64_t n = arrays.batch * arrays.heads * arrays.rows() * arrays.end;
  return LaunchForElements<RelativeBiasArrays, RelativeBiasAt>(arrays, n, stream);
}

const char* RelativeBiasBackward(const RelativeBiasArrays& arrays, void* stream) {
  const int64_t blocks = arrays.batch * arrays.heads;
  if (blocks == 0) return nullptr;
  const int64_t row_bytes = arrays.columns() * static_cast<int64_t>(sizeof(float));
  const int64_t threads = std::min<int64_t>(kSharedBytes / row_bytes / kWarp * kWarp, kMostBiasThreads);
  ForHeads<<<blocks, threads, threads * row_bytes, static_cast<cudaStream_t>(stream)>>>(arrays);
  return LaunchError();
}

const char* TokenStates(const TokenStatesArrays& arrays, void* stream) {
  if (arrays.rows == 0) return nullptr;
  const int64_t blocks = BlocksFor(arrays.rows, kThreads / kWarp);
  ForStates<<<blocks, kThreads, 0, static_cast<cudaStream_t>(stream)>>>(arrays);
  return LaunchError();
}

}  // namespace

const CudaKernels* FindCudaKernels() {
  static const CudaKernels kernels = {
      .geglu_forward = Geglu<false>,
      .geglu_backward = Geglu<true>,
      .add_layer_norm_forward = LaunchForRows<false>,
      .add_layer_norm_backward = LaunchForRows<true>,
      .relative_bias_forward = RelativeBiasForward,
      .relative_bias_backward = RelativeBiasBackward,
      .token_states = TokenStates,
      .short_attention_forward = LaunchShortAttention<false>,
      .short_attention_backward = LaunchShortAttention<true>,
      .short_attention_fits = ShortAttentionFits,
      .most_columns = kMostColumns,
  };
  return &kernels;
}

}  // namespace tally

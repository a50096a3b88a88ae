// ShortAttention (short_attention.h) whose products run on tensor cores: of bfloat16 and float16, in tiles of 16 by 16,
// with sums in float32. Whole heads are in shared memory, rows and features filled up with zeros to multiples of 16;
// what is not a product is the plain version's. For .cu files, and devices of compute capability 8.0 or more.
//
//   1. A = q k' and backward G = do v', float32
//   2. softmax, row and column sums, dl, as the plain version has them
//   3. each row of P, and of M = dl / |q| |k|, is rounded to T where it lies, at the start of its row
//   4. out = P v, or dq = M k, dk = M' q, dv = P' do; a tile goes through memory of its warp's own on its way out
#ifndef TALLY_LIB_KERNELS_CUDA_TENSOR_CORE_ATTENTION_H_
#define TALLY_LIB_KERNELS_CUDA_TENSOR_CORE_ATTENTION_H_

#include <mma.h>

#include <cstdint>

#include "lib/kernels/cuda/short_attention.h"
#include "lib/kernels/cuda/warp_block.h"

namespace tally {

constexpr int kTile = 16;
constexpr int kTilePitch = kTile + 4;  // of a tile on its way out, in floats
constexpr int kTensorCoreThreads = 256;

// The memory that a block shares. `pitch`, `a` and `g` are those of ShortAttentionMemory, rows filled up.
template <typename T>
struct TensorCoreMemory : ShortAttentionMemory {
  int queries16, keys16, size16;  // filled up
  int row;                        // of the arrays that follow, in T's: rows begin in different banks
  T *heads_q, *heads_k, *heads_v, *heads_o;
  float* tiles;   // [warps, kTile, kTilePitch], where the columns of pairs were
  int64_t bytes;  // in all

  __host__ __device__ TensorCoreMemory(const ShortAttentionArrays& x, char* base, bool backward)
      : queries16(Filled(x.queries())), keys16(Filled(x.end)), size16(Filled(x.size)), row(size16 + 8) {
    queries = static_cast<int>(x.queries());
    keys = static_cast<int>(x.end);
    pitch = keys16 + 4;
    bytes = 0;
    const auto take = [this, base](int64_t size) {
      char* const at = base + bytes;
      bytes += (size + 31) / 32 * 32;
      return at;
    };
    const auto floats = [&take](int64_t count) { return reinterpret_cast<float*>(take(count * sizeof(float))); };
    const auto head = [&take, this](int64_t rows) { return reinterpret_cast<T*>(take(rows * row * sizeof(T))); };
    a = floats(queries16 * pitch);
    g = backward ? floats(queries16 * pitch) : nullptr;
    heads_q = head(queries16);
    heads_k = head(keys16);
    heads_v = head(keys16);
    heads_o = backward ? head(queries16) : nullptr;
    const int64_t of_tiles = kTensorCoreThreads / kWarp * kTile * kTilePitch * static_cast<int64_t>(sizeof(float));
    const int64_t of_pairs = static_cast<int64_t>(queries) * keys;
    column = reinterpret_cast<uint8_t*>(take(of_tiles > of_pairs ? of_tiles : of_pairs));
    tiles = reinterpret_cast<float*>(column);
    of_q = floats(queries);
    of_k = floats(keys);
    scales = floats(queries);
    table = floats(x.columns());
    if (!backward) return;
    along_q = floats(queries);
    along_k = floats(keys);
    sums = floats(ShortAttentionSums(x, kTensorCoreThreads, kTensorCoreThreads / kWarp));
  }

  __host__ __device__ static int Filled(int64_t x) { return static_cast<int>((x + kTile - 1) / kTile * kTile); }
};

template <typename T>
class TensorCoreAttention : public ShortAttention<T, WarpBlock> {
  using Base = ShortAttention<T, WarpBlock>;
  using Base::b_, Base::block_, Base::h_, Base::m_, Base::scale_, Base::x_;

 public:
  __device__ TensorCoreAttention(const ShortAttentionArrays& arrays, int64_t sample, int64_t head, char* shared,
                                 bool backward)
      : Base(arrays, sample, head, WarpBlock(), TensorCoreMemory<T>(arrays, shared, backward)),
        t_(arrays, shared, backward) {}

  __device__ void Forward() {
    this->ReadTerms();
    LoadHead(Base::kQuery, x_.begin, t_.queries, t_.queries16, t_.heads_q);
    LoadHead(Base::kKey, 0, t_.keys, t_.keys16, t_.heads_k);
    LoadHead(Base::kValue, 0, t_.keys, t_.keys16, t_.heads_v);
    block_.Sync();
    Products(t_.heads_q, t_.heads_k, t_.a);
    Squares();
    this->FinishLengths();
    for (int i = block_.group; i < t_.queries; i += block_.groups) this->Softmax(i);
    block_.Sync();
    Round(t_.a, /*weigh=*/false);
    block_.Sync();
    const int columns = t_.size16 / kTile;
    for (int tile = block_.group; tile < t_.queries16 / kTile * columns; tile += block_.groups) {
      const int i = tile / columns * kTile, c = tile % columns * kTile;
      Emit(ByRows(t_.a, i, t_.heads_v, c), t_.queries, i, c, static_cast<T*>(x_.out) + this->OutOffset(0),
           x_.heads * x_.size, [](int /*row*/, int /*feature*/, float value) { return value; });
    }
  }

  __device__ void Backward() {
    this->ReadTerms();
    LoadHead(Base::kQuery, x_.begin, t_.queries, t_.queries16, t_.heads_q);
    LoadHead(Base::kKey, 0, t_.keys, t_.keys16, t_.heads_k);
    LoadHead(Base::kValue, 0, t_.keys, t_.keys16, t_.heads_v);
    LoadRows(static_cast<const T*>(x_.grad_out) + this->OutOffset(0), x_.heads * x_.size, t_.queries, t_.queries16,
             t_.heads_o);
    block_.Sync();
    Products(t_.heads_q, t_.heads_k, t_.a);
    Products(t_.heads_o, t_.heads_v, t_.g);
    Squares();
    this->FinishLengths();
    this->FinishGradients();
    block_.Sync();
    Round(t_.a, /*weigh=*/false);
    Round(t_.g, /*weigh=*/x_.unit_norm);
    block_.Sync();
    HeadGradients();
    this->ClearOthers();
  }

 private:
  using Accumulator = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, kTile, kTile, kTile, float>;
  template <typename Layout>
  using Left = nvcuda::wmma::fragment<nvcuda::wmma::matrix_a, kTile, kTile, kTile, T, Layout>;
  template <typename Layout>
  using Right = nvcuda::wmma::fragment<nvcuda::wmma::matrix_b, kTile, kTile, kTile, T, Layout>;
  using ByRow = nvcuda::wmma::row_major;
  using ByColumn = nvcuda::wmma::col_major;

  __device__ void LoadHead(typename Base::Role role, int64_t first, int count, int filled, T* to) {
    LoadRows(static_cast<const T*>(x_.qkv) + this->Offset(role, first), 3 * x_.heads * x_.size, count, filled, to);
  }

  // `count` rows of a head, `stride` apart, and zeros up to row `filled` and feature size16; eight numbers at a time
  // where rows begin at multiples of eight.
  __device__ void LoadRows(const T* from, int64_t stride, int count, int filled, T* to) {
    constexpr int kVector = 8;
    const int size = static_cast<int>(x_.size);
    if (size % kVector == 0) {
      const int vectors = t_.size16 / kVector;
      for (int n = block_.thread; n < filled * vectors; n += block_.threads) {
        const int row = n / vectors, c = n % vectors * kVector;
        uint4 value = {0, 0, 0, 0};
        if (row < count && c < size) value = *reinterpret_cast<const uint4*>(from + row * stride + c);
        *reinterpret_cast<uint4*>(to + row * t_.row + c) = value;
      }
      return;
    }
    for (int n = block_.thread; n < filled * t_.size16; n += block_.threads) {
      const int row = n / t_.size16, c = n % t_.size16;
      to[row * t_.row + c] = row < count && c < size ? from[row * stride + c] : static_cast<T>(0.0f);
    }
  }

  // Whether keys j, ..., j + 15 have one that queries i, ..., i + 15 see.
  __device__ bool TileSeen(int i, int j) const { return j <= x_.begin + i + kTile - 1; }

  // to[i, j] = <x[i], y[j]> of tiles that are seen.
  __device__ void Products(const T* x, const T* y, float* to) {
    const int columns = t_.keys16 / kTile;
    for (int tile = block_.group; tile < t_.queries16 / kTile * columns; tile += block_.groups) {
      const int i = tile / columns * kTile, j = tile % columns * kTile;
      if (!TileSeen(i, j)) continue;
      Accumulator sum;
      nvcuda::wmma::fill_fragment(sum, 0.0f);
      for (int c = 0; c < t_.size16; c += kTile) {
        Left<ByRow> left;
        Right<ByColumn> right;
        nvcuda::wmma::load_matrix_sync(left, x + i * t_.row + c, t_.row);
        nvcuda::wmma::load_matrix_sync(right, y + j * t_.row + c, t_.row);
        nvcuda::wmma::mma_sync(sum, left, right, sum);
      }
      nvcuda::wmma::store_matrix_sync(to + i * t_.pitch + j, sum, t_.pitch, nvcuda::wmma::mem_row_major);
    }
  }

  __device__ void Squares() {
    if (!x_.unit_norm) return;
    for (int n = block_.group; n < t_.queries + t_.keys; n += block_.groups) {
      const T* const row = n < t_.queries ? t_.heads_q + n * t_.row : t_.heads_k + (n - t_.queries) * t_.row;
      float sum = 0;
      for (int c = block_.lane; c < t_.size16; c += kWarp) {
        const float value = static_cast<float>(row[c]);
        sum += value * value;
      }
      sum = block_.Sum(sum);
      if (block_.lane == 0) (n < t_.queries ? t_.of_q[n] : t_.of_k[n - t_.queries]) = sum;
    }
  }

  // Row i of `matrix`, rounded.
  __device__ T* Rounded(float* matrix, int i) const { return reinterpret_cast<T*>(matrix + i * t_.pitch); }
  __device__ int RoundedPitch() const { return 2 * t_.pitch; }

  // Rounds each row, times 1 / |q| |k| where `weigh` is set, to where it begins; 0 where nothing is seen.
  __device__ void Round(float* matrix, bool weigh) {
    for (int i = block_.group; i < t_.queries16; i += block_.groups) {
      float values[WarpBlock::kEach];
      for (int u = 0; u < WarpBlock::kEach; ++u) {
        const int j = block_.lane + u * kWarp;
        const bool seen = i < t_.queries && j < t_.keys && this->Sees(i, j);
        values[u] = seen ? matrix[i * t_.pitch + j] : 0;
        if (seen && weigh) values[u] *= t_.of_q[i] * t_.of_k[j];
      }
      __syncwarp();
      for (int u = 0; u < WarpBlock::kEach; ++u) {
        const int j = block_.lane + u * kWarp;
        if (j < t_.keys16) Rounded(matrix, i)[j] = static_cast<T>(values[u]);
      }
    }
  }

  // The tile at (i, c) of `matrix` y; of what is rounded, and seen.
  __device__ Accumulator ByRows(float* matrix, int i, const T* y, int c) const {
    Accumulator sum;
    nvcuda::wmma::fill_fragment(sum, 0.0f);
    for (int j = 0; j < t_.keys16 && TileSeen(i, j); j += kTile) {
      Left<ByRow> left;
      Right<ByRow> right;
      nvcuda::wmma::load_matrix_sync(left, Rounded(matrix, i) + j, RoundedPitch());
      nvcuda::wmma::load_matrix_sync(right, y + j * t_.row + c, t_.row);
      nvcuda::wmma::mma_sync(sum, left, right, sum);
    }
    return sum;
  }

  // The tile at (j, c) of the transpose of `matrix`, by y.
  __device__ Accumulator ByColumns(float* matrix, int j, const T* y, int c) const {
    Accumulator sum;
    nvcuda::wmma::fill_fragment(sum, 0.0f);
    for (int i = 0; i < t_.queries16; i += kTile) {
      if (!TileSeen(i, j)) continue;
      Left<ByColumn> left;
      Right<ByRow> right;
      nvcuda::wmma::load_matrix_sync(left, Rounded(matrix, i) + j, RoundedPitch());
      nvcuda::wmma::load_matrix_sync(right, y + i * t_.row + c, t_.row);
      nvcuda::wmma::mma_sync(sum, left, right, sum);
    }
    return sum;
  }

  // Writes f(row, feature, number) for the numbers of the tile at (row, c) to rows `stride` apart from `to` on, as far
  // as there are rows and features. A lane has eight features of a row.
  template <typename F>
  __device__ void Emit(const Accumulator& sum, int rows, int row, int c, T* to, int64_t stride, F f) {
    constexpr int kVector = 8;
    float* const tile = t_.tiles + block_.group * kTile * kTilePitch;
    nvcuda::wmma::store_matrix_sync(tile, sum, kTilePitch, nvcuda::wmma::mem_row_major);
    __syncwarp();
    const int r = block_.lane / 2, first = block_.lane % 2 * kVector, size = static_cast<int>(x_.size);
    if (row + r < rows && c + first < size) {
      alignas(sizeof(uint4)) T values[kVector];
      for (int e = 0; e < kVector; ++e) {
        values[e] = static_cast<T>(f(row + r, c + first + e, tile[r * kTilePitch + first + e]));
      }
      T* const at = to + (row + r) * stride + c + first;
      if (size % kVector == 0) {
        *reinterpret_cast<uint4*>(at) = *reinterpret_cast<const uint4*>(values);
      } else {
        for (int e = 0; e < kVector; ++e) {
          if (c + first + e < size) at[e] = values[e];
        }
      }
    }
    __syncwarp();
  }

  // Tiles of dq, dk and dv in turn.
  __device__ void HeadGradients() {
    const int columns = t_.size16 / kTile, of_q = t_.queries16 / kTile * columns, of_k = t_.keys16 / kTile * columns;
    const int64_t stride = 3 * x_.heads * x_.size;
    T* const to = static_cast<T*>(x_.grad_qkv);
    for (int tile = block_.group; tile < of_q + 2 * of_k; tile += block_.groups) {
      const int c = tile % columns * kTile;
      if (tile < of_q) {
        const int i = tile / columns * kTile;
        Emit(ByRows(t_.g, i, t_.heads_k, c), t_.queries, i, c, to + this->Offset(Base::kQuery, x_.begin), stride,
             [&](int row, int feature, float sum) {
               return this->Projected(sum, t_.along_q[row], t_.of_q[row],
                                      static_cast<float>(t_.heads_q[row * t_.row + feature]));
             });
      } else if (tile < of_q + of_k) {
        const int j = (tile - of_q) / columns * kTile;
        Emit(ByColumns(t_.g, j, t_.heads_q, c), t_.keys, j, c, to + this->Offset(Base::kKey, 0), stride,
             [&](int row, int feature, float sum) {
               return this->Projected(sum, t_.along_k[row], t_.of_k[row],
                                      static_cast<float>(t_.heads_k[row * t_.row + feature]));
             });
      } else {
        const int j = (tile - of_q - of_k) / columns * kTile;
        Emit(ByColumns(t_.a, j, t_.heads_o, c), t_.keys, j, c, to + this->Offset(Base::kValue, 0), stride,
             [](int /*row*/, int /*feature*/, float sum) { return sum; });
      }
    }
  }

  const TensorCoreMemory<T> t_;
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_TENSOR_CORE_ATTENTION_H_

// ShortAttention (short_attention.h) whose products run on tensor cores: of bfloat16 and float16, and of float32 whose
// factors are rounded to TF32, in tiles of 16 by 16, with sums in float32. Whole heads are in shared memory, rows and
// features filled up with zeros to multiples of 16; what is not a product is the plain version's. For devices of
// compute capability 8.0 or more; tests run it serially.
//
//   1. A = q k' and backward G = do v', float32
//   2. softmax, row and column sums, dl, as the plain version has them
//   3. each row of P, and of M = dl / |q| |k|, is rounded where it lies, to T's at the start of its row
//   4. out = P v, or dq = M k, dk = M' q, dv = P' do; a tile goes through memory of its warp's own on its way out
#ifndef TALLY_LIB_KERNELS_CUDA_TENSOR_CORE_ATTENTION_H_
#define TALLY_LIB_KERNELS_CUDA_TENSOR_CORE_ATTENTION_H_

#include <cstdint>

#include "lib/kernels/cuda/host_device.h"
#include "lib/kernels/cuda/short_attention.h"
#ifdef __CUDACC__
#include <mma.h>
#else
#include "lib/kernels/cuda/serial_tiles.h"
#endif

namespace tally {

// As in short_attention.h, what is multiplied in 32 bits are sizes of a block's memory.
// NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result)

constexpr int kTile = 16;
constexpr int kTilePitch = kTile + 4;  // of a tile on its way out, in floats

// What a tile's factors are rounded to, and how many of their columns or rows one instruction multiplies.
template <typename T>
struct TileFactor {
  using Number = T;
  static constexpr int kDepth = 16;
  TALLY_DEVICE static T Rounded(float x) { return static_cast<T>(x); }
};
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
template <>
struct TileFactor<float> {
  using Number = nvcuda::wmma::precision::tf32;
  static constexpr int kDepth = 8;
  TALLY_DEVICE static float Rounded(float x) { return nvcuda::wmma::__float_to_tf32(x); }
};
#endif

// Numbers that are loaded and stored at once.
template <typename T>
constexpr int kVector = 16 / sizeof(T);

// The memory that a block of `groups` of `threads` shares. `pitch`, `a` and `g` are those of ShortAttentionMemory, rows
// filled up.
template <typename T>
struct TensorCoreMemory : ShortAttentionMemory {
  int queries16, keys16, size16;  // filled up
  int row;                        // of the arrays that follow, in T's: rows begin in different banks
  T *heads_q, *heads_k, *heads_v, *heads_o;
  float* tiles;   // [warps, kTile, kTilePitch], where the columns of pairs were, or backward the values
  int64_t bytes;  // in all

  TALLY_HOST_DEVICE TensorCoreMemory(const ShortAttentionArrays& x, char* base, bool backward, int threads, int groups)
      : queries16(Filled(x.queries())), keys16(Filled(x.end)), size16(Filled(x.size)), row(size16 + kVector<T>) {
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
    const auto bytes_of = [this](int64_t rows) { return rows * row * static_cast<int64_t>(sizeof(T)); };
    const auto head = [&take, &bytes_of](int64_t rows) { return reinterpret_cast<T*>(take(bytes_of(rows))); };
    const auto more = [](int64_t a, int64_t b) { return a > b ? a : b; };
    const int64_t of_tiles = groups * kTile * kTilePitch * static_cast<int64_t>(sizeof(float));
    const int64_t of_pairs = static_cast<int64_t>(queries) * keys;
    a = floats(queries16 * pitch);
    g = backward ? floats(queries16 * pitch) : nullptr;
    heads_q = head(queries16);
    heads_k = head(keys16);
    heads_v = reinterpret_cast<T*>(take(backward ? more(bytes_of(keys16), of_tiles) : bytes_of(keys16)));
    heads_o = backward ? head(queries16) : nullptr;
    column = reinterpret_cast<uint8_t*>(take(backward ? of_pairs : more(of_tiles, of_pairs)));
    tiles = backward ? reinterpret_cast<float*>(heads_v) : reinterpret_cast<float*>(column);
    of_q = floats(queries);
    of_k = floats(keys);
    scales = floats(queries);
    table = floats(x.columns());
    if (!backward) return;
    along_q = floats(queries);
    along_k = floats(keys);
    sums = floats(ShortAttentionSums(x, threads, groups));
  }

  TALLY_HOST_DEVICE static int Filled(int64_t x) { return static_cast<int>((x + kTile - 1) / kTile * kTile); }
};

// Block: as ShortAttention's; SyncGroup() waits for the threads of its group, which has lanes for a tile in common.
template <typename T, typename Block>
class TensorCoreAttention : public ShortAttention<T, Block> {
  using Base = ShortAttention<T, Block>;
  using Base::b_, Base::block_, Base::h_, Base::m_, Base::scale_, Base::x_;

 public:
  TALLY_DEVICE TensorCoreAttention(const ShortAttentionArrays& arrays, int64_t sample, int64_t head, const Block& block,
                                   const TensorCoreMemory<T>& memory)
      : Base(arrays, sample, head, block, memory), t_(memory) {}

  TALLY_DEVICE void Forward() {
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

  TALLY_DEVICE void Backward() {
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
  using Factor = TileFactor<T>;
  static constexpr int kDepth = Factor::kDepth;
  static constexpr int kPart = kTile * kTile / kWarp;  // of a tile, what a lane of a warp writes
  using Accumulator = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, kTile, kTile, kDepth, float>;
  template <typename Layout>
  using Left = nvcuda::wmma::fragment<nvcuda::wmma::matrix_a, kTile, kTile, kDepth, typename Factor::Number, Layout>;
  template <typename Layout>
  using Right = nvcuda::wmma::fragment<nvcuda::wmma::matrix_b, kTile, kTile, kDepth, typename Factor::Number, Layout>;
  using ByRow = nvcuda::wmma::row_major;
  using ByColumn = nvcuda::wmma::col_major;

  TALLY_DEVICE void LoadHead(typename Base::Role role, int64_t first, int count, int filled, T* to) {
    LoadRows(static_cast<const T*>(x_.qkv) + this->Offset(role, first), 3 * x_.heads * x_.size, count, filled, to);
  }

  // `count` rows of a head, `stride` apart, rounded, and zeros up to row `filled` and feature size16; kVector numbers
  // at a time where rows begin at multiples of them.
  TALLY_DEVICE void LoadRows(const T* from, int64_t stride, int count, int filled, T* to) {
    const int size = static_cast<int>(x_.size);
    if (size % kVector<T> == 0) {
      const int vectors = t_.size16 / kVector<T>;
      for (int n = block_.thread; n < filled * vectors; n += block_.threads) {
        const int row = n / vectors, c = n % vectors * kVector<T>;
        alignas(sizeof(uint4)) T values[kVector<T>] = {};
        if (row < count && c < size) {
          *reinterpret_cast<uint4*>(values) = *reinterpret_cast<const uint4*>(from + row * stride + c);
        }
        RoundAll(values);
        *reinterpret_cast<uint4*>(to + row * t_.row + c) = *reinterpret_cast<const uint4*>(values);
      }
      return;
    }
    for (int n = block_.thread; n < filled * t_.size16; n += block_.threads) {
      const int row = n / t_.size16, c = n % t_.size16;
      const float value = row < count && c < size ? static_cast<float>(from[row * stride + c]) : 0;
      to[row * t_.row + c] = Factor::Rounded(value);
    }
  }

  // Those of two bytes are what is multiplied already.
  TALLY_DEVICE static void RoundAll(T (&values)[kVector<T>]) {
    if constexpr (sizeof(T) == sizeof(float)) {
      for (T& value : values) value = Factor::Rounded(value);
    }
  }

  // Whether keys j, ..., j + 15 have one that queries i, ..., i + 15 see.
  TALLY_DEVICE bool TileSeen(int i, int j) const { return j <= x_.begin + i + kTile - 1; }

  // to[i, j] = <x[i], y[j]> of tiles that are seen.
  TALLY_DEVICE void Products(const T* x, const T* y, float* to) {
    const int columns = t_.keys16 / kTile;
    for (int tile = block_.group; tile < t_.queries16 / kTile * columns; tile += block_.groups) {
      const int i = tile / columns * kTile, j = tile % columns * kTile;
      if (!TileSeen(i, j)) continue;
      Accumulator sum;
      nvcuda::wmma::fill_fragment(sum, 0.0f);
      for (int c = 0; c < t_.size16; c += kDepth) {
        Left<ByRow> left;
        Right<ByColumn> right;
        nvcuda::wmma::load_matrix_sync(left, x + i * t_.row + c, t_.row);
        nvcuda::wmma::load_matrix_sync(right, y + j * t_.row + c, t_.row);
        nvcuda::wmma::mma_sync(sum, left, right, sum);
      }
      nvcuda::wmma::store_matrix_sync(to + i * t_.pitch + j, sum, t_.pitch, nvcuda::wmma::mem_row_major);
    }
  }

  TALLY_DEVICE void Squares() {
    if (!x_.unit_norm) return;
    for (int n = block_.group; n < t_.queries + t_.keys; n += block_.groups) {
      const T* const row = n < t_.queries ? t_.heads_q + n * t_.row : t_.heads_k + (n - t_.queries) * t_.row;
      float sum = 0;
      for (int c = block_.lane; c < t_.size16; c += block_.lanes) {
        const float value = static_cast<float>(row[c]);
        sum += value * value;
      }
      sum = block_.Sum(sum);
      if (block_.lane == 0) (n < t_.queries ? t_.of_q[n] : t_.of_k[n - t_.queries]) = sum;
    }
  }

  // Row i of `matrix`, rounded.
  TALLY_DEVICE T* Rounded(float* matrix, int i) const { return reinterpret_cast<T*>(matrix + i * t_.pitch); }
  TALLY_DEVICE int RoundedPitch() const { return sizeof(T) == sizeof(float) ? t_.pitch : 2 * t_.pitch; }

  // Rounds each row, times 1 / |q| |k| where `weigh` is set, to where it begins; 0 where nothing is seen.
  TALLY_DEVICE void Round(float* matrix, bool weigh) {
    for (int i = block_.group; i < t_.queries16; i += block_.groups) {
      float values[Block::kEach];
      for (int u = 0; u < Block::kEach; ++u) {
        const int j = block_.lane + u * block_.lanes;
        const bool seen = i < t_.queries && j < t_.keys && this->Sees(i, j);
        values[u] = seen ? matrix[i * t_.pitch + j] : 0;
        if (seen && weigh) values[u] *= t_.of_q[i] * t_.of_k[j];
      }
      block_.SyncGroup();
      for (int u = 0; u < Block::kEach; ++u) {
        const int j = block_.lane + u * block_.lanes;
        if (j < t_.keys16) Rounded(matrix, i)[j] = Factor::Rounded(values[u]);
      }
    }
  }

  // The tile at (i, c) of `matrix` y; of what is rounded, and seen.
  TALLY_DEVICE Accumulator ByRows(float* matrix, int i, const T* y, int c) const {
    Accumulator sum;
    nvcuda::wmma::fill_fragment(sum, 0.0f);
    for (int j = 0; j < t_.keys16 && TileSeen(i, j); j += kDepth) {
      Left<ByRow> left;
      Right<ByRow> right;
      nvcuda::wmma::load_matrix_sync(left, Rounded(matrix, i) + j, RoundedPitch());
      nvcuda::wmma::load_matrix_sync(right, y + j * t_.row + c, t_.row);
      nvcuda::wmma::mma_sync(sum, left, right, sum);
    }
    return sum;
  }

  // The tile at (j, c) of the transpose of `matrix`, by y.
  TALLY_DEVICE Accumulator ByColumns(float* matrix, int j, const T* y, int c) const {
    Accumulator sum;
    nvcuda::wmma::fill_fragment(sum, 0.0f);
    for (int i = 0; i < t_.queries16; i += kDepth) {
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
  // as there are rows and features. A lane of a warp has eight features of a row.
  template <typename F>
  TALLY_DEVICE void Emit(const Accumulator& sum, int rows, int row, int c, T* to, int64_t stride, F f) {
    float* const tile = t_.tiles + block_.group * kTile * kTilePitch;
    nvcuda::wmma::store_matrix_sync(tile, sum, kTilePitch, nvcuda::wmma::mem_row_major);
    block_.SyncGroup();
    for (int n = block_.lane; n < kWarp; n += block_.lanes) {
      const int r = row + n / 2, part = n % 2 * kPart;
      if (r >= rows) continue;
      const float* const numbers = tile + n / 2 * kTilePitch + part;
      WritePart(c + part, to + r * stride, [&](int e) { return f(r, c + part + e, numbers[e]); });
    }
    block_.SyncGroup();
  }

  // Writes f(0), f(1), ... to features c, ..., c + kPart - 1 of `row`, as far as there are.
  template <typename F>
  TALLY_DEVICE void WritePart(int c, T* row, F f) {
    const int size = static_cast<int>(x_.size);
    if (c >= size) return;
    alignas(sizeof(uint4)) T values[kPart];
    for (int e = 0; e < kPart; ++e) values[e] = static_cast<T>(f(e));
    if (size % kPart == 0) {
      for (int e = 0; e < kPart; e += kVector<T>) {
        *reinterpret_cast<uint4*>(row + c + e) = *reinterpret_cast<const uint4*>(values + e);
      }
      return;
    }
    for (int e = 0; e < kPart; ++e) {
      if (c + e < size) row[c + e] = values[e];
    }
  }

  // Tiles of dq, dk and dv in turn.
  TALLY_DEVICE void HeadGradients() {
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

// NOLINTEND(bugprone-implicit-widening-of-multiplication-result)

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_TENSOR_CORE_ATTENTION_H_

// What CUDA's <mma.h> has in nvcuda::wmma, as far as tensor_core_attention.h needs it, by plain loops: for tests on the
// CPU, where a warp is one thread and a fragment is the whole tile. Refuses addresses and pitches that tensor cores
// could not read (CUDA C++ Programming Guide, "Warp Matrix Functions").
#ifndef TALLY_LIB_KERNELS_CUDA_SERIAL_TILES_H_
#define TALLY_LIB_KERNELS_CUDA_SERIAL_TILES_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

// CUDA's own type of this name.
struct __attribute__((may_alias, aligned(16))) uint4 {
  uint32_t x, y, z, w;
};

namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major };

namespace precision {
struct tf32 {};
}  // namespace precision

// x to 10 bits of mantissa, to the nearest.
inline float __float_to_tf32(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  bits = (bits + 0x1000u) & ~0x1fffu;
  std::memcpy(&x, &bits, sizeof(bits));
  return x;
}

template <int rows, int columns>
struct tile {
  static constexpr int kRows = rows, kColumns = columns;
  float x[rows][columns];
};

template <typename Use, int m, int n, int k, typename Number, typename Layout = row_major>
struct fragment;
template <int m, int n, int k, typename Number, typename Layout>
struct fragment<matrix_a, m, n, k, Number, Layout> : tile<m, k> {};
template <int m, int n, int k, typename Number, typename Layout>
struct fragment<matrix_b, m, n, k, Number, Layout> : tile<k, n> {};
template <int m, int n, int k, typename Number, typename Layout>
struct fragment<accumulator, m, n, k, Number, Layout> : tile<m, n> {};

template <typename Fragment>
void fill_fragment(Fragment& tile, float value) {
  for (auto& row : tile.x) {
    for (float& number : row) number = value;
  }
}

template <typename T>
void CheckReadable(const T* from, unsigned pitch) {
  if (reinterpret_cast<uintptr_t>(from) % 32 != 0 || pitch * sizeof(T) % 16 != 0) std::abort();
}

template <typename Use, int m, int n, int k, typename Number, typename Layout, typename T>
void load_matrix_sync(fragment<Use, m, n, k, Number, Layout>& tile, const T* from, unsigned pitch) {
  CheckReadable(from, pitch);
  using Tile = fragment<Use, m, n, k, Number, Layout>;
  for (int r = 0; r < Tile::kRows; ++r) {
    for (int c = 0; c < Tile::kColumns; ++c) {
      tile.x[r][c] = static_cast<float>(std::is_same_v<Layout, row_major> ? from[r * pitch + c] : from[c * pitch + r]);
    }
  }
}

template <typename Sum, typename Left, typename Right>
void mma_sync(Sum& sum, const Left& left, const Right& right, const Sum& before) {
  for (int r = 0; r < Sum::kRows; ++r) {
    for (int c = 0; c < Sum::kColumns; ++c) {
      float total = before.x[r][c];
      for (int i = 0; i < Left::kColumns; ++i) total += left.x[r][i] * right.x[i][c];
      sum.x[r][c] = total;
    }
  }
}

template <typename Sum>
void store_matrix_sync(float* to, const Sum& sum, unsigned pitch, layout_t /*layout*/) {
  CheckReadable(to, pitch);
  for (int r = 0; r < Sum::kRows; ++r) {
    for (int c = 0; c < Sum::kColumns; ++c) to[r * pitch + c] = sum.x[r][c];
  }
}

}  // namespace nvcuda::wmma

#endif  // TALLY_LIB_KERNELS_CUDA_SERIAL_TILES_H_

// Causal attention of short sequences (formula: lib/kernels/attention/causal_attention.h), all of a sample and head by
// one group of threads in memory that they share: products, bias looked up in its table, softmax, values, and backward
// all gradients. No matrix of pairs leaves that memory.
//
// Axes: i queries, j keys, c features. Features come in chunks of kChunk, so that heads of any size fit:
//   1. for each chunk: A[i, j] += q[i] k[j], and backward G[i, j] += do[i] v[j]; squares of q and k where they count
//   2. A becomes the probabilities P; backward, with D[i] = sum_j P G, G becomes dl[i, j] = row_scale[i] P (G - D[i]),
//      the gradient of scale <q, k> + table, and the sums of dl by column of the table are that table's gradient
//   3. for each chunk: out[i] = sum_j P v[j], or dv[j] = sum_i P do[i], dq[i] = scale sum_j dl k[j] and
//      dk[j] = scale sum_i dl q[i]
// Of queries of unit norm u = q r, r = (|q|^2 + 1e-12)^-1/2: dq = r (du - u <u, du>), and <u, du> = scale sum_j dl <u,
// u_j> is known before any du. Keys alike.
//
// Block: `thread` of `threads`, which are `groups` of `lanes`; each lane has at most kEach keys of a row. Sync() waits
// for all of them, Sum and Max give every lane of a group that of all. One thread, alone in its group, is the serial
// computation.
#ifndef TALLY_LIB_KERNELS_CUDA_SHORT_ATTENTION_H_
#define TALLY_LIB_KERNELS_CUDA_SHORT_ATTENTION_H_

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/host_device.h"
#include "lib/kernels/relative_bias/relative_column.h"

namespace tally {

// What is multiplied in 32 bits are sizes of a block's memory, which devices multiply faster than those of 64.
// NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result)

struct ShortAttentionArrays {
  int64_t batch = 0, seq = 0, heads = 0, size = 0;  // size: features of a head
  int64_t begin = 0, end = 0;                       // queries begin, ..., end - 1; keys 0, ..., end - 1
  bool by_head = false, unit_norm = false;
  FloatKind kind = FloatKind::kFloat;  // of qkv, out, and their gradients
  bool may_round = false;              // factors of products of float32 to TF32

  const void* qkv = nullptr;         // [batch, seq, 3 heads size]
  const float* scale = nullptr;      // [heads]
  const float* row_scale = nullptr;  // [seq]
  const float* table = nullptr;      // [heads, columns], or null: no bias
  RelativeClips clips;
  const int64_t* first = nullptr;       // [batch, seq], or ids_stride 0: the same for all
  const int64_t* second = nullptr;      // the same, or null
  const int64_t* recurrence = nullptr;  // [batch], or recurrence_stride 0, or null
  int64_t ids_stride = 0, recurrence_stride = 0;

  void* out = nullptr;  // [batch, queries, heads size]; forward

  const void* grad_out = nullptr;  // backward, as are those that follow
  void* grad_qkv = nullptr;        // as qkv
  float* of_scale = nullptr;       // [batch, heads]: the gradient of scale from each sample
  float* of_table = nullptr;       // [batch, heads, columns]

  TALLY_HOST_DEVICE int64_t queries() const { return end - begin; }
  TALLY_HOST_DEVICE int64_t columns() const { return clips.columns(); }
};

// The memory that a block shares, in floats from `base` on.
struct ShortAttentionMemory {
  static constexpr int kChunk = 32;
  static constexpr int kPitch = kChunk + 1;  // of a chunk's rows: odd, so that rows lie in different banks

  int queries, keys, pitch;
  float *a, *g;              // [queries, pitch]
  float *q, *k, *v, *o;      // [queries or keys, kPitch]: a chunk of each
  float *of_q, *of_k;        // [queries], [keys]: squares, then 1 / length
  float *along_q, *along_k;  // [queries], [keys]: sum of dl <u, u'>
  float* scales;             // [queries]: row_scale
  float* table;              // [columns]: of this head
  uint8_t* column;           // [queries, keys]: each pair's
  float* sums;               // [groups, keys] of along_k, then [parts of the table's gradient]

  ShortAttentionMemory() = default;
  TALLY_HOST_DEVICE ShortAttentionMemory(const ShortAttentionArrays& x, float* base, bool backward)
      : queries(static_cast<int>(x.queries())), keys(static_cast<int>(x.end)), pitch(keys | 1) {
    const auto take = [&base](int64_t floats) {
      float* const at = base;
      base += floats;
      return at;
    };
    a = take(queries * pitch);
    q = take(queries * kPitch);
    k = take(keys * kPitch);
    v = backward ? take(keys * kPitch) : k;
    of_q = take(queries);
    of_k = take(keys);
    scales = take(queries);
    table = take(x.columns());
    column = reinterpret_cast<uint8_t*>(take(Bytes(queries * keys)));
    g = o = along_q = along_k = sums = nullptr;
    if (backward) {
      g = take(queries * pitch);
      o = take(queries * kPitch);
      along_q = take(queries);
      along_k = take(keys);
      sums = base;
    }
    end = base;
  }

  float* end;  // where `sums` begins

  // The floats that so many bytes take.
  TALLY_HOST_DEVICE static int64_t Bytes(int64_t bytes) { return (bytes + 3) / 4; }
};

// The floats of ShortAttentionMemory::sums.
TALLY_HOST_DEVICE inline int64_t ShortAttentionSums(const ShortAttentionArrays& x, int64_t threads, int64_t groups) {
  const int64_t parts = x.columns() > threads ? x.columns() : threads;
  return groups * x.end > parts ? groups * x.end : parts;
}

// The floats that a block shares: those of ShortAttentionMemory, counted.
inline int64_t ShortAttentionFloats(const ShortAttentionArrays& x, bool backward, int64_t threads, int64_t groups) {
  const int64_t pairs = x.queries() * (x.end | 1), chunks = (x.queries() + x.end) * ShortAttentionMemory::kPitch;
  const int64_t tokens = x.queries() + x.end, sums = ShortAttentionSums(x, threads, groups);
  const int64_t terms = x.queries() + x.columns() + ShortAttentionMemory::Bytes(x.queries() * x.end);
  return terms + (backward ? 2 * (pairs + chunks + tokens) + sums : pairs + chunks + tokens);
}

// Attention of one sample and head by one block. T: what `kind` says.
template <typename T, typename Block>
class ShortAttention {
 public:
  TALLY_HOST_DEVICE ShortAttention(const ShortAttentionArrays& arrays, int64_t sample, int64_t head, const Block& block,
                                   const ShortAttentionMemory& memory)
      : x_(arrays), b_(sample), h_(head), block_(block), m_(memory), scale_(arrays.scale[head]) {
    ids_.first = x_.first + b_ * x_.ids_stride;
    if (x_.second != nullptr) ids_.second = x_.second + b_ * x_.ids_stride;
    if (x_.recurrence != nullptr) ids_.recurrence = x_.recurrence[b_ * x_.recurrence_stride];
  }

  TALLY_HOST_DEVICE void Forward() {
    ReadTerms();
    Clear(false);
    for (int64_t chunk = 0; chunk < x_.size; chunk += M::kChunk) {
      block_.Sync();
      Load(kQuery, chunk, x_.begin, m_.queries, m_.q);
      Load(kKey, chunk, 0, m_.keys, m_.k);
      block_.Sync();
      AddProducts(m_.q, m_.k, Width(chunk), m_.a);
      AddSquares(Width(chunk));
    }
    FinishLengths();
    for (int i = block_.group; i < m_.queries; i += block_.groups) Softmax(i);
    for (int64_t chunk = 0; chunk < x_.size; chunk += M::kChunk) {
      block_.Sync();
      Load(kValue, chunk, 0, m_.keys, m_.v);
      block_.Sync();
      Values(chunk);
    }
  }

  TALLY_HOST_DEVICE void Backward() {
    ReadTerms();
    Clear(true);
    for (int64_t chunk = 0; chunk < x_.size; chunk += M::kChunk) {
      block_.Sync();
      Load(kQuery, chunk, x_.begin, m_.queries, m_.q);
      Load(kKey, chunk, 0, m_.keys, m_.k);
      Load(kValue, chunk, 0, m_.keys, m_.v);
      LoadGradient(chunk);
      block_.Sync();
      AddProducts(m_.q, m_.k, Width(chunk), m_.a);
      AddProducts(m_.o, m_.v, Width(chunk), m_.g);
      AddSquares(Width(chunk));
    }
    FinishLengths();
    FinishGradients();
    if (x_.unit_norm) WeighByLengths();
    for (int64_t chunk = 0; chunk < x_.size; chunk += M::kChunk) {
      block_.Sync();
      Load(kQuery, chunk, x_.begin, m_.queries, m_.q);
      Load(kKey, chunk, 0, m_.keys, m_.k);
      LoadGradient(chunk);
      block_.Sync();
      QueryGradients(chunk);
      KeyGradients(chunk);
    }
    ClearOthers();
  }

 protected:
  using M = ShortAttentionMemory;
  enum Role { kQuery, kKey, kValue };
  static constexpr int kRows = 4;                 // of a tile of products
  static constexpr int kColumns = M::kChunk / 2;  // threads that share a chunk's features, two each
  static constexpr float kMasked = -3.0e38f;

  // Where token `token`'s features of this head begin.
  TALLY_HOST_DEVICE int64_t Offset(Role role, int64_t token) const {
    const int64_t part = x_.by_head ? h_ * 3 + role : role * x_.heads + h_;
    return ((b_ * x_.seq + token) * 3 * x_.heads + part) * x_.size;
  }
  TALLY_HOST_DEVICE int64_t OutOffset(int64_t i) const { return ((b_ * x_.queries() + i) * x_.heads + h_) * x_.size; }

  TALLY_HOST_DEVICE void Clear(bool backward) {
    for (int n = block_.thread; n < m_.queries * m_.pitch; n += block_.threads) {
      m_.a[n] = 0;
      if (backward) m_.g[n] = 0;
    }
    for (int i = block_.thread; i < m_.queries; i += block_.threads) m_.of_q[i] = 0;
    for (int j = block_.thread; j < m_.keys; j += block_.threads) m_.of_k[j] = 0;
  }

  // What logits read beside products.
  TALLY_HOST_DEVICE void ReadTerms() {
    for (int i = block_.thread; i < m_.queries; i += block_.threads) m_.scales[i] = x_.row_scale[x_.begin + i];
    const int columns = static_cast<int>(x_.columns());
    for (int column = block_.thread; column < columns; column += block_.threads) {
      m_.table[column] = x_.table == nullptr ? 0 : x_.table[h_ * columns + column];
    }
    if (x_.table == nullptr) return;
    for (int n = block_.thread; n < m_.queries * m_.keys; n += block_.threads) {
      m_.column[n] = static_cast<uint8_t>(RelativeColumn(x_.clips, ids_, x_.begin + n / m_.keys, n % m_.keys));
    }
  }

  // Features of a chunk that the head has.
  TALLY_HOST_DEVICE int Width(int64_t chunk) const {
    return x_.size - chunk < M::kChunk ? static_cast<int>(x_.size - chunk) : M::kChunk;
  }

  // A chunk's features of tokens first, ...; 0 beyond the head's.
  TALLY_HOST_DEVICE void Load(Role role, int64_t chunk, int64_t first, int count, float* to) {
    LoadRows(static_cast<const T*>(x_.qkv) + Offset(role, first) + chunk, 3 * x_.heads * x_.size, Width(chunk), count,
             to);
  }

  TALLY_HOST_DEVICE void LoadGradient(int64_t chunk) {
    LoadRows(static_cast<const T*>(x_.grad_out) + OutOffset(0) + chunk, x_.heads * x_.size, Width(chunk), m_.queries,
             m_.o);
  }

  // `count` rows of `width` numbers, `stride` apart. Several numbers are under way at a time: a device's memory answers
  // hundreds of cycles later.
  TALLY_HOST_DEVICE void LoadRows(const T* from, int64_t stride, int width, int count, float* to) {
    constexpr int kUnderWay = 8;
    const int total = count * M::kChunk;
    for (int first = block_.thread; first < total; first += block_.threads * kUnderWay) {
      float values[kUnderWay];
      for (int u = 0; u < kUnderWay; ++u) {
        const int n = first + u * block_.threads, row = n / M::kChunk, c = n % M::kChunk;
        values[u] = n < total && c < width ? static_cast<float>(from[row * stride + c]) : 0;
      }
      for (int u = 0; u < kUnderWay; ++u) {
        const int n = first + u * block_.threads;
        if (n < total) to[n / M::kChunk * M::kPitch + n % M::kChunk] = values[u];
      }
    }
  }

  // to[i, j] += <x[i], y[j]> over a chunk, in tiles of kRows by kRows whose rows lie far apart.
  TALLY_HOST_DEVICE void AddProducts(const float* x, const float* y, int width, float* to) {
    const int rows = (m_.queries + kRows - 1) / kRows, columns = (m_.keys + kRows - 1) / kRows;
    for (int tile = block_.thread; tile < rows * columns; tile += block_.threads) {
      const int i = tile / columns, j = tile % columns;
      float sums[kRows][kRows] = {};
      MultiplyTile(x, y, width, {i, rows}, {j, columns}, sums);
      for (int n = 0; n < kRows * kRows; ++n) {
        const int row = i + n / kRows * rows, column = j + n % kRows * columns;
        if (row < m_.queries && column < m_.keys) to[row * m_.pitch + column] += sums[n / kRows][n % kRows];
      }
    }
  }

  // kRows rows of an array: first, first + step, ...
  struct Spread {
    int first, step;
  };

  // sums[r, s] += <x[row r], y[row s]>; rows beyond the last give what nobody reads.
  TALLY_HOST_DEVICE void MultiplyTile(const float* x, const float* y, int width, Spread of_x, Spread of_y,
                                      float (&sums)[kRows][kRows]) {
    int at_x[kRows], at_y[kRows];
    for (int r = 0; r < kRows; ++r) {
      const int i = of_x.first + r * of_x.step, j = of_y.first + r * of_y.step;
      at_x[r] = (i < m_.queries ? i : of_x.first) * M::kPitch;
      at_y[r] = (j < m_.keys ? j : of_y.first) * M::kPitch;
    }
    for (int c = 0; c < width; ++c) {
      float left[kRows], right[kRows];
      for (int r = 0; r < kRows; ++r) left[r] = x[at_x[r] + c], right[r] = y[at_y[r] + c];
      for (int n = 0; n < kRows * kRows; ++n) sums[n / kRows][n % kRows] += left[n / kRows] * right[n % kRows];
    }
  }

  TALLY_HOST_DEVICE void AddSquares(int width) {
    if (!x_.unit_norm) return;
    for (int n = block_.thread; n < m_.queries + m_.keys; n += block_.threads) {
      const float* const row = n < m_.queries ? m_.q + n * M::kPitch : m_.k + (n - m_.queries) * M::kPitch;
      float sum = 0;
      for (int c = 0; c < width; ++c) sum += row[c] * row[c];
      (n < m_.queries ? m_.of_q[n] : m_.of_k[n - m_.queries]) += sum;
    }
  }

  // Squares become factors, 1 where lengths do not count.
  TALLY_HOST_DEVICE void FinishLengths() {
    block_.Sync();
    for (int n = block_.thread; n < m_.queries + m_.keys; n += block_.threads) {
      float* const at = n < m_.queries ? m_.of_q + n : m_.of_k + n - m_.queries;
      *at = x_.unit_norm ? 1 / sqrtf(*at + 1e-12f) : 1;
    }
    block_.Sync();
  }

  TALLY_HOST_DEVICE bool Sees(int i, int j) const { return j <= x_.begin + i; }

  // <u_i, u_j>, and the logit, from A.
  TALLY_HOST_DEVICE float Cosine(int i, int j) const { return m_.a[i * m_.pitch + j] * m_.of_q[i] * m_.of_k[j]; }
  TALLY_HOST_DEVICE float Bias(int i, int j) const {
    return x_.table == nullptr ? 0 : m_.table[m_.column[i * m_.keys + j]];
  }
  TALLY_HOST_DEVICE float Logit(int i, int j) const { return m_.scales[i] * (scale_ * Cosine(i, j) + Bias(i, j)); }

  TALLY_HOST_DEVICE void Softmax(int i) {
    float* const row = m_.a + i * m_.pitch;
    float most = kMasked, total = 0;
    for (int j = block_.lane; j < m_.keys; j += block_.lanes) {
      row[j] = Sees(i, j) ? Logit(i, j) : kMasked;
      most = fmaxf(most, row[j]);
    }
    most = block_.Max(most);
    for (int j = block_.lane; j < m_.keys; j += block_.lanes) {
      row[j] = Sees(i, j) ? expf(row[j] - most) : 0;
      total += row[j];
    }
    const float inverse = 1 / block_.Sum(total);
    for (int j = block_.lane; j < m_.keys; j += block_.lanes) row[j] *= inverse;
  }

  // Row i of A and G, whole, becomes one of P and dl; its sum of dl <u, u'>, and to `columns` what it adds to theirs.
  TALLY_HOST_DEVICE void ToGradients(int i, float (&columns)[Block::kEach]) {
    float* const a = m_.a + i * m_.pitch;
    float* const g = m_.g + i * m_.pitch;
    const float scale = m_.scales[i];
    float cosines[Block::kEach], p[Block::kEach];
    float most = kMasked, total = 0, mean = 0, along = 0;
    for (int u = 0; u < Block::kEach; ++u) {
      const int j = block_.lane + u * block_.lanes;
      if (j >= m_.keys || !Sees(i, j)) continue;
      cosines[u] = Cosine(i, j);
      p[u] = scale * (scale_ * cosines[u] + Bias(i, j));
      most = fmaxf(most, p[u]);
    }
    most = block_.Max(most);
    for (int u = 0; u < Block::kEach; ++u) {
      const int j = block_.lane + u * block_.lanes;
      if (j >= m_.keys || !Sees(i, j)) continue;
      p[u] = expf(p[u] - most);
      total += p[u];
      mean += p[u] * g[j];
    }
    const float inverse = 1 / block_.Sum(total);
    mean = block_.Sum(mean) * inverse;
    for (int u = 0; u < Block::kEach; ++u) {
      const int j = block_.lane + u * block_.lanes;
      if (j >= m_.keys) continue;
      const bool seen = Sees(i, j);
      const float probability = seen ? p[u] * inverse : 0, dl = seen ? scale * probability * (g[j] - mean) : 0;
      a[j] = probability;
      g[j] = dl;
      if (!seen) continue;
      along += dl * cosines[u];
      columns[u] += dl * cosines[u];
    }
    along = block_.Sum(along);
    if (block_.lane == 0) m_.along_q[i] = along;
  }

  // along_k from what the rows of each group add to it.
  TALLY_HOST_DEVICE void SumColumns(const float (&columns)[Block::kEach]) {
    for (int u = 0; u < Block::kEach; ++u) {
      const int j = block_.lane + u * block_.lanes;
      if (j < m_.keys) m_.sums[block_.group * m_.keys + j] = columns[u];
    }
    block_.Sync();
    for (int j = block_.thread; j < m_.keys; j += block_.threads) {
      float sum = 0;
      for (int group = 0; group < block_.groups; ++group) sum += m_.sums[group * m_.keys + j];
      m_.along_k[j] = sum;
    }
    block_.Sync();
  }

  // A and G, whole, become P and dl; the gradients of scale and table.
  TALLY_HOST_DEVICE void FinishGradients() {
    float columns[Block::kEach] = {};
    for (int i = block_.group; i < m_.queries; i += block_.groups) ToGradients(i, columns);
    SumColumns(columns);
    if (x_.unit_norm && block_.group == 0) ScaleGradient();
    if (x_.table != nullptr) TableGradient();
  }

  TALLY_HOST_DEVICE void ScaleGradient() {
    float sum = 0;
    for (int i = block_.lane; i < m_.queries; i += block_.lanes) sum += m_.along_q[i];
    sum = block_.Sum(sum);
    if (block_.lane == 0) x_.of_scale[b_ * x_.heads + h_] = sum;
  }

  // Each thread sums some rows' dl of one column; then a thread a column adds these parts, always in one order.
  TALLY_HOST_DEVICE void TableGradient() {
    const int columns = static_cast<int>(x_.columns());
    const int parts = columns < block_.threads ? block_.threads / columns : 1;
    for (int n = block_.thread; n < columns * parts; n += block_.threads) {
      const int column = n % columns;
      float sum = 0;
      for (int i = n / columns; i < m_.queries; i += parts) {
        for (int j = 0; j < m_.keys && Sees(i, j); ++j) {
          if (m_.column[i * m_.keys + j] == column) sum += m_.g[i * m_.pitch + j];
        }
      }
      m_.sums[n] = sum;
    }
    block_.Sync();
    for (int column = block_.thread; column < columns; column += block_.threads) {
      float sum = 0;
      for (int part = 0; part < parts; ++part) sum += m_.sums[part * columns + column];
      x_.of_table[(b_ * x_.heads + h_) * columns + column] = sum;
    }
  }

  // dl[i, j] times 1 / |q_i| |k_j|: then it multiplies what was loaded, and not units.
  TALLY_HOST_DEVICE void WeighByLengths() {
    block_.Sync();
    for (int n = block_.thread; n < m_.queries * m_.keys; n += block_.threads) {
      const int i = n / m_.keys, j = n % m_.keys;
      m_.g[i * m_.pitch + j] *= m_.of_q[i] * m_.of_k[j];
    }
  }

  // Calls f(row of a tile, its feature in the chunk) for `rows` rows: each thread has kRows of them and two features.
  template <typename F>
  TALLY_HOST_DEVICE void ForTiles(int rows, int64_t chunk, F f) {
    const int tiles = (rows + kRows - 1) / kRows, width = Width(chunk), columns = width < kColumns ? width : kColumns;
    for (int n = block_.thread; n < tiles * columns; n += block_.threads) f(n / columns, tiles, n % columns);
  }

  TALLY_HOST_DEVICE void Values(int64_t chunk) {
    ForTiles(m_.queries, chunk, [&](int first, int step, int c) {
      float sums[kRows][2] = {};
      AddRows(m_.a, m_.v, first, step, c, sums);
      Store(sums, m_.queries, first, step, c, [&](int i, int feature, float value) {
        if (chunk + feature < x_.size) static_cast<T*>(x_.out)[OutOffset(i) + chunk + feature] = static_cast<T>(value);
      });
    });
  }

  // sums[r, s] += sum_j left[first + r step, j] right[j, c + s kColumns].
  TALLY_HOST_DEVICE void AddRows(const float* left, const float* right, int first, int step, int c,
                                 float (&sums)[kRows][2]) {
    int at[kRows];
    for (int r = 0; r < kRows; ++r) at[r] = (first + r * step < m_.queries ? first + r * step : first) * m_.pitch;
    for (int j = 0; j < m_.keys; ++j) {
      const float low = right[j * M::kPitch + c], high = right[j * M::kPitch + c + kColumns];
      for (int r = 0; r < kRows; ++r) {
        const float p = left[at[r] + j];
        sums[r][0] += p * low;
        sums[r][1] += p * high;
      }
    }
  }

  // sums[r, s] += sum_i left[i, first + r step] right[i, c + s kColumns].
  TALLY_HOST_DEVICE void AddColumns(const float* left, const float* right, int first, int step, int c,
                                    float (&sums)[kRows][2]) {
    int at[kRows];
    for (int r = 0; r < kRows; ++r) at[r] = first + r * step < m_.keys ? first + r * step : first;
    for (int i = 0; i < m_.queries; ++i) {
      const float low = right[i * M::kPitch + c], high = right[i * M::kPitch + c + kColumns];
      for (int r = 0; r < kRows; ++r) {
        const float p = left[i * m_.pitch + at[r]];
        sums[r][0] += p * low;
        sums[r][1] += p * high;
      }
    }
  }

  template <typename F>
  TALLY_HOST_DEVICE void Store(const float (&sums)[kRows][2], int rows, int first, int step, int c, F store) {
    for (int r = 0; r < kRows; ++r) {
      if (first + r * step >= rows) break;
      for (int s = 0; s < 2; ++s) store(first + r * step, c + s * kColumns, sums[r][s]);
    }
  }

  TALLY_HOST_DEVICE void StoreGradient(Role role, int64_t token, int64_t feature, float value) {
    if (feature < x_.size) static_cast<T*>(x_.grad_qkv)[Offset(role, token) + feature] = static_cast<T>(value);
  }

  // The gradient of feature `value` of a query or key from sum = sum_j dl k_j / |q| |k_j|, `along` and `factor`, 1 /
  // |q|.
  TALLY_HOST_DEVICE float Projected(float sum, float along, float factor, float value) const {
    return x_.unit_norm ? scale_ * (sum - along * factor * factor * value) : scale_ * sum;
  }

  TALLY_HOST_DEVICE void QueryGradients(int64_t chunk) {
    ForTiles(m_.queries, chunk, [&](int first, int step, int c) {
      float sums[kRows][2] = {};
      AddRows(m_.g, m_.k, first, step, c, sums);
      Store(sums, m_.queries, first, step, c, [&](int i, int feature, float sum) {
        StoreGradient(kQuery, x_.begin + i, chunk + feature,
                      Projected(sum, m_.along_q[i], m_.of_q[i], m_.q[i * M::kPitch + feature]));
      });
    });
  }

  TALLY_HOST_DEVICE void KeyGradients(int64_t chunk) {
    ForTiles(m_.keys, chunk, [&](int first, int step, int c) {
      float of_keys[kRows][2] = {}, of_values[kRows][2] = {};
      AddColumns(m_.g, m_.q, first, step, c, of_keys);
      AddColumns(m_.a, m_.o, first, step, c, of_values);
      Store(of_keys, m_.keys, first, step, c, [&](int j, int feature, float sum) {
        StoreGradient(kKey, j, chunk + feature,
                      Projected(sum, m_.along_k[j], m_.of_k[j], m_.k[j * M::kPitch + feature]));
      });
      Store(of_values, m_.keys, first, step, c,
            [&](int j, int feature, float sum) { StoreGradient(kValue, j, chunk + feature, sum); });
    });
  }

  // Gradients of what was not read: queries outside of the range, keys and values after it.
  TALLY_HOST_DEVICE void ClearOthers() {
    for (int64_t n = block_.thread; n < x_.seq * x_.size; n += block_.threads) {
      const int64_t token = n / x_.size, c = n % x_.size;
      if (token < x_.begin || token >= x_.end) StoreGradient(kQuery, token, c, 0);
      if (token < x_.end) continue;
      StoreGradient(kKey, token, c, 0);
      StoreGradient(kValue, token, c, 0);
    }
  }

  const ShortAttentionArrays& x_;
  const int64_t b_, h_;
  const Block block_;
  const ShortAttentionMemory m_;
  const float scale_;
  SampleIds ids_;
};

// NOLINTEND(bugprone-implicit-widening-of-multiplication-result)

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_SHORT_ATTENTION_H_

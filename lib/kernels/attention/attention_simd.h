// Causal softmax attention on the CPU, forward and backward, without LibTorch; instructions are chosen at run time
// (Highway: AVX-512, AVX2, SSE4, or portable).
//
//   logits[i, j] = row_scale[i] * (scale[h] * <q_i, k_j> + table[h, column(i, j)]) + bias[i, j],   j <= i
//   out[i]       = sum_j softmax_j(logits[i, .]) v_j
//
// With unit_norm, q and k are divided by their lengths first: x / sqrt(|x|^2 + 1e-12). No [seq, seq] matrix is ever
// stored: forward, keys go by in tiles that stay in the caches, and what was summed is scaled anew where a larger logit
// comes (Milakov and Gimelshein 2018, arXiv 1805.02867; Dao et al. 2022, arXiv 2205.14135, section 3.1); the backward
// pass makes each row of probabilities again from the saved log-sum-exp of its logits. Memory beyond the arguments is
// linear in seq, a thread.
#ifndef TALLY_LIB_KERNELS_ATTENTION_ATTENTION_SIMD_H_
#define TALLY_LIB_KERNELS_ATTENTION_ATTENTION_SIMD_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "lib/kernels/aligned_vector.h"
#include "lib/kernels/relative_bias/relative_column.h"

namespace tally {

// Where the vectors of token t >= begin and head h of sample b begin, in floats:
// (b * (seq - begin) + t - begin) * token_stride + h * head_stride + {0, key_offset, value_offset}. Queries are tokens
// first_query, ..., seq - 1, first_query >= begin; outputs are [batch, queries, heads, size].
struct AttentionLayout {
  int64_t batch = 0, begin = 0, seq = 0, first_query = 0, heads = 0, size = 0;
  int64_t token_stride = 0, head_stride = 0, key_offset = 0, value_offset = 0;

  int64_t queries() const { return seq - first_query; }

  // Whether token i is a query that was asked for: the first and the last of the kernels' blocks hold others.
  bool IsQuery(int64_t i) const { return i >= first_query && i < seq; }

  // Where token t's query of head h of sample b begins in the input.
  int64_t InputRow(int64_t b, int64_t h, int64_t t) const {
    return (b * (seq - begin) + t - begin) * token_stride + h * head_stride;
  }

  // Where head h of sample b begins in an output, and query i from there on.
  int64_t OutputBegin(int64_t b, int64_t h) const { return (b * queries() * heads + h) * size; }
  int64_t OutputRow(int64_t i) const { return (i - first_query) * heads * size; }
};

// The terms of the logits. Null pointers: the term is absent.
struct AttentionTerms {
  const float* row_scale = nullptr;  // [seq]
  const float* scale = nullptr;      // [heads]
  bool unit_norm = false;

  // column(i, j) is RelativeColumn (lib/kernels/relative_bias/relative_column.h).
  const float* table = nullptr;         // [heads, columns()]
  const int64_t* first = nullptr;       // [seq] at first + b * ids_batch_stride
  const int64_t* second = nullptr;      // the same; null: no second coordinate
  const int64_t* recurrence = nullptr;  // of sample b, at recurrence + b * recurrence_batch_stride; null: not read
  int64_t ids_batch_stride = 0, recurrence_batch_stride = 0;
  RelativeClips clips;

  const float* bias = nullptr;  // [seq, seq] at bias + b * bias_batch_stride + h * bias_head_stride
  int64_t bias_batch_stride = 0, bias_head_stride = 0;

  int64_t columns() const { return clips.columns(); }

  // The number of the recurrence that sample b is in.
  int64_t RecurrenceOf(int64_t b) const { return recurrence == nullptr ? 0 : recurrence[b * recurrence_batch_stride]; }

  // Those of samples b, b + 1, ... alone.
  AttentionTerms From(int64_t b) const {
    AttentionTerms some = *this;
    if (first != nullptr) some.first += b * ids_batch_stride;
    if (second != nullptr) some.second += b * ids_batch_stride;
    if (recurrence != nullptr) some.recurrence += b * recurrence_batch_stride;
    if (bias != nullptr) some.bias += b * bias_batch_stride;
    return some;
  }
};

// The keys and values of one sample and head in the order in which attention reads them. Written by KeyReader
// (attention_keys-inl.h). A vector of `lanes` tokens and a row of `width` features are what the machine's instructions
// hold, so that contents cannot move to another machine.
struct AttentionKeys {
  // The smallest and largest ids of a piece of a tile of keys.
  struct Range {
    int32_t first_min, first_max, second_min, second_max;

    void Add(const Range& other) {
      *this = {std::min(first_min, other.first_min), std::max(first_max, other.first_max),
               std::min(second_min, other.second_min), std::max(second_max, other.second_max)};
    }
  };

  AlignedVector<float> columns;          // of keys, [vectors, size, lanes]
  AlignedVector<float> values;           // [tokens, width]; zeros up to the end of the last block of queries
  AlignedVector<int32_t> first, second;  // [tokens] ids
  std::vector<Range> ranges;             // [pieces]
};

// Gradients of one head are written to memory of its own, so that heads may be run in any order and in several threads
// with the same result.
struct AttentionGradients {
  float* qkv = nullptr;    // as the input is laid out; written, zeros for queries before the first
  float* scale = nullptr;  // [batch, heads]; written
  float* table = nullptr;  // [batch, heads, columns]; written; null where there is no table
  float* bias = nullptr;   // [batch, heads, seq, seq], keys after their query untouched; null where it is not needed
};

// Parts of a forward pass that may run at the same time, numbered 0, 1, ...
int64_t AttentionParts(const AttentionLayout& layout);

// Appends tokens begin, ..., seq - 1 to the keys of heads first, ..., last - 1, which have the tokens before them;
// keys [batch * heads], head h of sample b at b * heads + h. Thread-safe for different heads.
void AttentionAppendKeys(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, int64_t first,
                         int64_t last, AttentionKeys* keys);

// Takes parts (*next)++ until there are no more; threads share `next`. qkv as `layout` says; `keys` of tokens 0, ...,
// seq - 1 as AttentionAppendKeys leaves them, or null where qkv has them all; out [batch, queries, heads, size];
// log_sum_exp [batch, heads, seq] of the queries' logits, for AttentionBackward, or null. The result does not depend on
// the number of threads.
void AttentionForward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv,
                      const AttentionKeys* keys, std::atomic<int64_t>* next, float* out, float* log_sum_exp);

// Groups of heads, numbered 0, 1, ..., for the two functions that have a head in each lane of their vectors; and heads
// in a group.
int64_t AttentionGroups(const AttentionLayout& layout);
int64_t AttentionLanes();

// Whether AttentionLanesForward is the faster one: for many short sequences.
bool LanesFit(const AttentionLayout& layout);

// The same as AttentionForward for all queries of groups first, ..., last - 1; layout.begin is 0. Thread-safe for
// different groups.
void AttentionLanesForward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, int64_t first,
                           int64_t last, float* out, float* log_sum_exp);

// The gradients for grad_out [batch, queries, heads, size] in groups first, ..., last - 1, given what AttentionForward
// read and wrote; layout.begin is 0. Thread-safe for different groups.
void AttentionBackward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, const float* out,
                       const float* log_sum_exp, const float* grad_out, int64_t first, int64_t last,
                       const AttentionGradients& gradients);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ATTENTION_ATTENTION_SIMD_H_

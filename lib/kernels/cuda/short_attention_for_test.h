// Problems of short attention, and what its kernels compute, one thread after another on the CPU.
#ifndef TALLY_LIB_KERNELS_CUDA_SHORT_ATTENTION_FOR_TEST_H_
#define TALLY_LIB_KERNELS_CUDA_SHORT_ATTENTION_FOR_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lib/kernels/arrays_for_test.h"
#include "lib/kernels/attention/attention_loops_for_test.h"
#include "lib/kernels/cuda/short_attention.h"

namespace tally {

// One thread, alone in its group.
struct Alone {
  static constexpr int kEach = 128;
  int thread = 0, threads = 1, lane = 0, lanes = 1, group = 0, groups = 1;
  void Sync() const {}
  void SyncGroup() const {}
  float Sum(float x) const { return x; }
  float Max(float x) const { return x; }
};

// Attention of queries `first_query`, ..., end - 1 of sequences that may go on.
struct ShortCase {
  AttentionCase attention;
  int64_t end;
};

inline ShortAttentionArrays ArraysOf(const AttentionArrays& attention, int64_t end) {
  const AttentionTerms terms = attention.Terms();
  ShortAttentionArrays x;
  x.batch = attention.layout.batch, x.seq = attention.layout.seq, x.heads = attention.layout.heads;
  x.size = attention.layout.size, x.begin = attention.layout.first_query, x.end = end;
  x.by_head = attention.layout.key_offset == x.size, x.unit_norm = terms.unit_norm;
  x.qkv = attention.qkv.data(), x.scale = terms.scale, x.row_scale = terms.row_scale;
  x.table = terms.table, x.clips = terms.clips;
  x.first = terms.first, x.second = terms.second, x.recurrence = terms.recurrence;
  x.ids_stride = terms.first == nullptr ? 0 : terms.ids_batch_stride,
  x.recurrence_stride = terms.recurrence_batch_stride;
  return x;
}

// Rows of the queries before `end` alone, of [batch, queries, hidden].
template <typename Number>
std::vector<Number> Before(int64_t end, const AttentionLayout& layout, const std::vector<Number>& rows) {
  std::vector<Number> some;
  for (int64_t b = 0; b < layout.batch; ++b) {
    const auto begin = rows.begin() + layout.OutputBegin(b, 0);
    some.insert(some.end(), begin, begin + layout.OutputRow(end));
  }
  return some;
}

inline std::vector<ShortCase> ShortCases() {
  return {ShortCase{{3, 21, 2, 12, false, true, {3}}, 21},
          ShortCase{{3, 21, 2, 12, true, true, {3}, 0, 0, 5}, 19},
          ShortCase{{3, 13, 2, 40, false, false, {}, 0, 0, 4}, 13},
          ShortCase{{1, 1, 1, 1, false, true, {1}}, 1},
          ShortCase{{3, 30, 2, 64, false, true, {2, 1, 0, 2}, 0, 0, 8}, 30},
          ShortCase{{3, 9, 2, 5, true, false, {1}}, 7}};
}

// What plain loops make of a case.
struct ShortProblem {
  explicit ShortProblem(const ShortCase& c) : attention(c.attention), end(c.end) {
    const AttentionLayout& layout = attention.layout;
    for (int64_t b = 0; b < layout.batch; ++b) {  // queries from `end` on are nobody's
      std::fill(attention.grad_out.begin() + layout.OutputBegin(b, 0) + layout.OutputRow(end),
                attention.grad_out.begin() + layout.OutputBegin(b + 1, 0), 0.0f);
    }
  }

  AttentionArrays attention;
  int64_t end;
};

// Where the kernels for numbers of type T read and write.
template <typename T>
struct ShortOutputs {
  explicit ShortOutputs(const ShortProblem& problem)
      : in(Converted<T>(problem.attention.qkv)),
        grad_out(Converted<T>(Before(problem.end, problem.attention.layout, problem.attention.grad_out))),
        out(Converted<T>(UnwrittenArray(grad_out.size()))),
        qkv(Converted<T>(UnwrittenArray(in.size()))),
        scale(UnwrittenArray(problem.attention.layout.batch * problem.attention.layout.heads)),
        table(UnwrittenArray(AttentionLoops(problem.attention).table.size())) {}

  template <typename To, typename From>
  static std::vector<To> Converted(const std::vector<From>& from) {
    std::vector<To> to;
    for (const From x : from) to.push_back(static_cast<To>(static_cast<float>(x)));
    return to;
  }

  ShortAttentionArrays Arrays(const ShortProblem& problem) {
    ShortAttentionArrays x = ArraysOf(problem.attention, problem.end);
    x.qkv = in.data(), x.out = out.data(), x.grad_out = grad_out.data(), x.grad_qkv = qkv.data();
    x.of_scale = scale.data(), x.of_table = table.data();
    return x;
  }

  void ExpectAreOf(const ShortProblem& problem, double relative) const {
    const AttentionLoops expected(problem.attention);
    const auto close = [&](const auto& found, const std::vector<double>& wanted, const std::string& what) {
      ExpectClose(Converted<float>(found), wanted, what, relative);
    };
    close(out, Before(problem.end, problem.attention.layout, expected.out), "out");
    close(qkv, expected.qkv, "qkv");
    if (problem.attention.unit_norm) close(scale, expected.scale, "scale");
    close(table, expected.table, "table");
  }

  std::vector<T> in, grad_out, out, qkv;
  std::vector<float> scale, table;
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_SHORT_ATTENTION_FOR_TEST_H_

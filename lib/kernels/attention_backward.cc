// Queries go through in blocks of eight, each with all of its keys: as many sums at a time keep the processor's two
// units for fused multiply-add busy, which take four cycles for one.
#include "lib/kernels/attention_simd.h"

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/attention_backward.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lib/kernels/attention-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t kRows = 8;  // queries of a block
static_assert(kRows <= kMostRows);

constexpr int64_t kFewColumns = 8;  // of a table, whose sums fit in registers

// Where the blocks begin.
int64_t FirstBlock(const AttentionLayout& layout) { return layout.first_query / kRows * kRows; }

// Sums of a block's queries with one vector.
struct Block {
  Floats row[kRows][1];
};

// sum_k weights[r * stride + k] * vectors[k * step] for each query r: `vectors` are rows or columns of a head.
Block Products(const float* weights, int64_t stride, const float* vectors, int64_t step, int64_t count) {
  Block block;
  for (auto& row : block.row) row[0] = hn::Zero(kFloat);
  AddProducts(weights, stride, vectors, step, 0, count, block.row);
  return block;
}

// rows[k] += sum_r weights[r * stride + k] * vectors[r] for k = 0, ..., count - 1; `width` floats a row.
void AddToRows(const float* weights, int64_t stride, const float* vectors, int64_t width, int64_t count, float* rows) {
  for (int64_t d = 0; d < width; d += Lanes()) {
    Floats read[kRows];
    for (int64_t r = 0; r < kRows; ++r) read[r] = Load(vectors + r * width + d);
    for (int64_t k = 0; k < count; ++k) {
      Floats sum = Load(rows + k * width + d);
      for (int64_t r = 0; r < kRows; ++r) sum = hn::MulAdd(Broadcast(weights[r * stride + k]), read[r], sum);
      Store(sum, rows + k * width + d);
    }
  }
}

// What is read of one sample and head.
class Head {
 public:
  Head(const AttentionLayout& layout, const AttentionTerms& terms)
      : layout_(layout),
        width_(RoundUp(layout.size, Lanes())),
        tokens_(RoundUp(layout.seq, kRows)),
        stride_(RoundUp(tokens_, Lanes())),
        reader_(layout, terms, /*both_ways=*/true),
        logits_(layout, terms),
        queries_(kRows * width_),
        query_inverse_(kRows) {}

  int64_t width() const { return width_; }    // floats of a row
  int64_t tokens() const { return tokens_; }  // rows
  int64_t stride() const { return stride_; }  // floats of a row of logits
  const Logits& logits() const { return logits_; }
  const float* key(int64_t j) const { return &keys_.rows[j * width_]; }
  float key_inverse(int64_t j) const { return keys_.inverse[j]; }
  // Of the block, query r times Factor.
  const float* query(int64_t r) const { return &queries_[r * width_]; }
  float query_inverse(int64_t r) const { return query_inverse_[r]; }

  // Reads keys and values of head `h` of sample `b`.
  void Read(const float* qkv, int64_t b, int64_t h) {
    reader_.Read(qkv, b, h, layout_.seq, &keys_);
    logits_.Of(b, h, &keys_);
  }

  // Reads queries begin, ..., begin + kRows - 1 and makes their logits [kRows, stride].
  void ReadBlock(const float* qkv, int64_t begin, float* logits) {
    logits_.ReadQueries(qkv, begin, kRows, queries_.data(), query_inverse_.data());
    for (int64_t key = 0; key < begin + kRows; key += kTile) {
      logits_.Tile<kRows>(queries_.data(), begin, key, std::min(kTile, begin + kRows - key), stride_, logits + key);
    }
  }

  // <rows[r], v_j> for keys j of the vector at `j`; rows [kRows, width].
  Block TimesValues(const float* rows, int64_t j) const {
    return Products(rows, width_, &keys_.value_columns[ColumnOf(layout_.size, j)], Lanes(), layout_.size);
  }

 private:
  const AttentionLayout& layout_;
  const int64_t width_, tokens_, stride_;
  KeyReader reader_;
  Logits logits_;
  Keys keys_;
  std::vector<float> queries_;        // [kRows, width]
  std::vector<float> query_inverse_;  // [kRows]
};

// The gradients of one head as they grow.
struct HeadGradients {
  std::vector<float> keys, values;  // [tokens, width]
  std::vector<float> out, queries;  // [kRows, width] of the block
  std::vector<float> table;         // [columns, lanes]: lane k sums over keys k, k + lanes, ...
  float scale = 0;

  HeadGradients(const Head& head, const AttentionTerms& terms)
      : keys(head.tokens() * head.width()),
        values(keys.size()),
        out(kRows * head.width()),
        queries(out.size()),
        table(terms.columns() * Lanes()) {}

  void Clear() {
    for (std::vector<float>* sums : {&keys, &values, &table}) std::fill(sums->begin(), sums->end(), 0.0f);
    scale = 0;
  }
};

// Reads the block's part of grad_out and returns <out_i, grad_out_i> for its queries; zeros for what is no query.
void ReadGradient(const AttentionLayout& layout, int64_t begin, int64_t width, const float* out, const float* grad_out,
                  float* rows, float* dots) {
  std::fill(rows, rows + kRows * width, 0.0f);
  std::fill(dots, dots + kRows, 0.0f);
  for (int64_t r = 0; r < kRows; ++r) {
    if (!IsQuery(layout, begin + r)) continue;
    const int64_t at = OutputRow(layout, begin + r);
    CopyPadded(grad_out + at, layout.size, rows + r * width);
    Floats sum = hn::Zero(kFloat);
    for (int64_t d = 0; d < width; d += Lanes()) {
      sum = hn::MulAdd(Load(out + at + d, layout.size - d), Load(rows + r * width + d), sum);
    }
    dots[r] = Sum(sum);
  }
}

// Adds the gradient of the logits, times row_scale, to the sums of the table's columns; few of them in registers, one
// comparison for each.
void AddToSmallTable(const Head& head, int64_t begin, int64_t columns, const float* logits, float* table) {
  Floats sums[kFewColumns];
  for (int64_t c = 0; c < kFewColumns; ++c) sums[c] = c < columns ? Load(table + c * Lanes()) : hn::Zero(kFloat);
  for (int64_t r = 0; r < kRows; ++r) {
    const Floats scale = Broadcast(head.logits().RowScale(begin + r));
    for (int64_t j = 0; j < begin + kRows; j += Lanes()) {
      const Ints column = head.logits().Columns(begin + r, j);
      const Floats gradient = hn::Mul(scale, Load(logits + r * head.stride() + j));
      for (int64_t c = 0; c < kFewColumns; ++c) {
        const auto here = hn::RebindMask(kFloat, hn::Eq(column, hn::Set(kInt, static_cast<int32_t>(c))));
        sums[c] = hn::IfThenElse(here, hn::Add(sums[c], gradient), sums[c]);
      }
    }
  }
  for (int64_t c = 0; c < std::min(columns, kFewColumns); ++c) Store(sums[c], table + c * Lanes());
}

// The same for any number of columns.
void AddToTable(const Head& head, int64_t begin, const float* logits, float* table) {
  const Ints lanes = hn::Iota(kInt, 0), width = hn::Set(kInt, static_cast<int32_t>(Lanes()));
  for (int64_t r = 0; r < kRows; ++r) {
    const Floats scale = Broadcast(head.logits().RowScale(begin + r));
    for (int64_t j = 0; j < begin + kRows; j += Lanes()) {
      const Ints index = hn::Add(hn::Mul(head.logits().Columns(begin + r, j), width), lanes);
      const Floats sums =
          hn::MulAdd(scale, Load(logits + r * head.stride() + j), hn::GatherIndex(kFloat, table, index));
      hn::ScatterIndex(sums, kFloat, table, index);
    }
  }
}

// x = y * inverse, y = x / |x|: turns the gradient of y into that of x.
void UnitNormBackward(const float* unit, float inverse, int64_t width, float* gradient) {
  const float along = Dot(unit, gradient, width);
  for (int64_t d = 0; d < width; d += Lanes()) {
    const Floats across = hn::NegMulAdd(Broadcast(along), Load(unit + d), Load(gradient + d));
    Store(hn::Mul(Broadcast(inverse), across), gradient + d);
  }
}

// From u = sum_j gradient_ij k_j to the gradient of q_i, query r of the block; adds to that of the scale. The stored
// query is f q^, f = Factor(i): grad q^ = f u, grad scale = <f q^, u> / scale.
void QueryGradient(const AttentionTerms& terms, const Head& head, int64_t i, int64_t r, float scale, float* u,
                   float* grad_scale) {
  const int64_t width = head.width();
  const float f = head.logits().Factor(i), along = Dot(head.query(r), u, width);
  *grad_scale += along / scale;
  for (int64_t d = 0; d < width; d += Lanes()) {
    Floats gradient = hn::Mul(Broadcast(f), Load(u + d));
    if (terms.unit_norm) gradient = hn::NegMulAdd(Broadcast(along / f), Load(head.query(r) + d), gradient);
    Store(hn::Mul(Broadcast(head.query_inverse(r)), gradient), u + d);
  }
}

// row[0, ..., count) -> exp(row - log_sum_exp) up to the end of the last vector.
void Probabilities(int64_t count, float log_sum_exp, float* row) {
  const Exponential exponential(0);
  for (int64_t j = 0; j < count; j += Lanes()) {
    Store(exponential(hn::Sub(Load(row + j), Broadcast(log_sum_exp))), row + j);
  }
}

// Turns the block's logits into their gradient, p_ij (<grad_out_i, v_j> - <out_i, grad_out_i>), and adds p_ij
// grad_out_i to the gradient of v_j.
void LogitGradients(const AttentionLayout& layout, const Head& head, int64_t begin, const float* log_sum_exp,
                    const float* dots, float* logits, HeadGradients* g) {
  const int64_t keys = begin + kRows, stride = head.stride();
  for (int64_t r = 0; r < kRows; ++r) {
    float* const row = logits + r * stride;
    if (IsQuery(layout, begin + r)) {
      Probabilities(keys, log_sum_exp[begin + r], row);
    } else {
      std::fill_n(row, RoundUp(keys, Lanes()), 0.0f);
    }
  }
  AddToRows(logits, stride, g->out.data(), head.width(), keys, g->values.data());
  for (int64_t j = 0; j < keys; j += Lanes()) {
    const Block block = head.TimesValues(g->out.data(), j);
    for (int64_t r = 0; r < kRows; ++r) {
      float* const p = logits + r * stride + j;
      Store(hn::Mul(Load(p), hn::Sub(block.row[r][0], Broadcast(dots[r]))), p);
    }
  }
}

void BackwardHead(const AttentionLayout& layout, const AttentionTerms& terms, Head& head, const float* qkv, int64_t h,
                  const float* out, const float* log_sum_exp, const float* grad_out, float* logits, HeadGradients* g,
                  float* grad_qkv, float* grad_bias) {
  const int64_t width = head.width(), stride = head.stride();
  float dots[kRows];
  for (int64_t i = 0; i < layout.first_query; ++i) std::fill_n(grad_qkv + i * layout.token_stride, layout.size, 0.0f);
  for (int64_t begin = FirstBlock(layout); begin < layout.seq; begin += kRows) {
    const int64_t keys = begin + kRows;
    ReadGradient(layout, begin, width, out, grad_out, g->out.data(), dots);
    head.ReadBlock(qkv, begin, logits);
    LogitGradients(layout, head, begin, log_sum_exp, dots, logits, g);
    if (terms.table != nullptr && terms.columns() <= kFewColumns) {
      AddToSmallTable(head, begin, terms.columns(), logits, g->table.data());
    } else if (terms.table != nullptr) {
      AddToTable(head, begin, logits, g->table.data());
    }
    AddToRows(logits, stride, head.query(0), width, keys, g->keys.data());
    for (int64_t d = 0; d < width; d += Lanes()) {
      const Block block = Products(logits, stride, head.key(0) + d, width, keys);
      for (int64_t r = 0; r < kRows; ++r) Store(block.row[r][0], &g->queries[r * width + d]);
    }
    for (int64_t i = begin; i < keys; ++i) {
      if (!IsQuery(layout, i)) continue;
      float* const row = &g->queries[(i - begin) * width];
      QueryGradient(terms, head, i, i - begin, terms.scale[h], row, &g->scale);
      CopyFirst(row, layout.size, grad_qkv + i * layout.token_stride);
      if (grad_bias != nullptr) std::copy_n(logits + (i - begin) * stride, i + 1, grad_bias + i * layout.seq);
    }
  }
  for (int64_t j = 0; j < layout.seq; ++j) {
    float* const token = grad_qkv + j * layout.token_stride;
    if (terms.unit_norm) UnitNormBackward(head.key(j), head.key_inverse(j), width, &g->keys[j * width]);
    CopyFirst(&g->keys[j * width], layout.size, token + layout.key_offset);
    CopyFirst(&g->values[j * width], layout.size, token + layout.value_offset);
  }
}

void Backward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, const float* out,
              const float* log_sum_exp, const float* grad_out, int64_t first, int64_t last,
              const AttentionGradients& gradients) {
  Head head(layout, terms);
  HeadGradients g(head, terms);
  std::vector<float> logits(kRows * head.stride());
  for (int64_t b = first; b < last; ++b) {
    for (int64_t h = 0; h < layout.heads; ++h) {
      const int64_t number = b * layout.heads + h, begin = OutputBegin(layout, b, h);
      head.Read(qkv, b, h);
      g.Clear();
      BackwardHead(layout, terms, head, qkv, h, out + begin, log_sum_exp + number * layout.seq, grad_out + begin,
                   logits.data(), &g, gradients.qkv + b * layout.seq * layout.token_stride + h * layout.head_stride,
                   gradients.bias == nullptr ? nullptr : gradients.bias + number * layout.seq * layout.seq);
      gradients.scale[number] = g.scale;
      for (int64_t c = 0; gradients.table != nullptr && c < terms.columns(); ++c) {
        gradients.table[number * terms.columns() + c] = Sum(Load(&g.table[c * Lanes()]));
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tally {

HWY_EXPORT(Backward);

void AttentionBackward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, const float* out,
                       const float* log_sum_exp, const float* grad_out, int64_t first, int64_t last,
                       const AttentionGradients& gradients) {
  HWY_DYNAMIC_DISPATCH(Backward)(layout, terms, qkv, out, log_sum_exp, grad_out, first, last, gradients);
}

}  // namespace tally
#endif  // HWY_ONCE

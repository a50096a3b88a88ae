// Queries go through in blocks of four, so that each vector of keys or values that is loaded serves four of them.
#include "lib/kernels/attention_simd.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/attention_simd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include "lib/kernels/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

using IntTag = hn::RebindToSigned<FloatTag>;
using Ints = hn::Vec<IntTag>;

constexpr IntTag kInt;
constexpr int64_t kRows = 4;  // queries of a block
constexpr float kMasked = -std::numeric_limits<float>::infinity();

int64_t RoundUp(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// Where the blocks begin: a multiple of kRows, so that the last one ends with the rows that a Head holds.
int64_t FirstBlock(const AttentionLayout& layout) { return layout.first_query / kRows * kRows; }

// Whether token i is a query that was asked for: the first and the last block hold others.
bool IsQuery(const AttentionLayout& layout, int64_t i) { return i >= layout.first_query && i < layout.seq; }

// Of token i in an output [batch, queries, heads, size], from the first query of its sample on.
int64_t OutputRow(const AttentionLayout& layout, int64_t i) {
  return (i - layout.first_query) * layout.heads * layout.size;
}

// Where head h of sample b begins there.
int64_t OutputBegin(const AttentionLayout& layout, int64_t b, int64_t h) {
  return (b * layout.queries() * layout.heads + h) * layout.size;
}

// Sums of four queries with one vector.
struct Block {
  Floats row[kRows];
};

// sum_k weights[r * stride + k] * vectors[k * vector_stride] for each query r: `vectors` are rows or columns of a head.
Block Products(const float* weights, int64_t stride, const float* vectors, int64_t vector_stride, int64_t count) {
  Floats s0 = hn::Zero(kFloat), s1 = s0, s2 = s0, s3 = s0;
  for (int64_t k = 0; k < count; ++k) {
    const Floats v = Load(vectors + k * vector_stride);
    s0 = hn::MulAdd(Broadcast(weights[k]), v, s0);
    s1 = hn::MulAdd(Broadcast(weights[stride + k]), v, s1);
    s2 = hn::MulAdd(Broadcast(weights[2 * stride + k]), v, s2);
    s3 = hn::MulAdd(Broadcast(weights[3 * stride + k]), v, s3);
  }
  return {{s0, s1, s2, s3}};
}

// rows[k] += sum_r weights[r * stride + k] * vectors[r] for k = 0, ..., count - 1; `width` floats a row.
void AddProducts(const float* weights, int64_t stride, const float* vectors, int64_t width, int64_t count,
                 float* rows) {
  for (int64_t d = 0; d < width; d += Lanes()) {
    const Floats v0 = Load(vectors + d), v1 = Load(vectors + width + d), v2 = Load(vectors + 2 * width + d),
                 v3 = Load(vectors + 3 * width + d);
    for (int64_t k = 0; k < count; ++k) {
      float* const row = rows + k * width + d;
      Floats s = hn::MulAdd(Broadcast(weights[k]), v0, Load(row));
      s = hn::MulAdd(Broadcast(weights[stride + k]), v1, s);
      const Floats t =
          hn::MulAdd(Broadcast(weights[3 * stride + k]), v3, hn::Mul(Broadcast(weights[2 * stride + k]), v2));
      Store(hn::Add(s, t), row);
    }
  }
}

// The vectors of one sample and head, padded with zeros: tokens to whole blocks, features to whole SIMD vectors.
class Head {
 public:
  Head(const AttentionLayout& layout, const AttentionTerms& terms)
      : layout_(layout),
        terms_(terms),
        width_(RoundUp(layout.size, Lanes())),
        tokens_(RoundUp(layout.seq, kRows)),
        stride_(RoundUp(tokens_, Lanes())) {
    for (std::vector<float>* rows : {&queries_, &keys_, &values_}) rows->resize(tokens_ * width_);
    for (std::vector<float>* columns : {&key_columns_, &value_columns_}) columns->resize(layout.size * stride_);
    for (std::vector<float>* lengths : {&query_inverse_, &key_inverse_}) lengths->assign(tokens_, 1.0f);
    for (std::vector<int32_t>* ids : {&first_, &second_}) ids->resize(stride_);
    table_.resize(RoundUp(terms.columns(), Lanes()));
  }

  int64_t width() const { return width_; }                               // floats of a row
  int64_t tokens() const { return tokens_; }                             // rows
  int64_t stride() const { return stride_; }                             // floats of a row of logits
  const float* query(int64_t i) const { return &queries_[i * width_]; }  // times Factor(i)
  const float* key(int64_t j) const { return &keys_[j * width_]; }
  const float* value(int64_t j) const { return &values_[j * width_]; }
  float query_inverse(int64_t i) const { return query_inverse_[i]; }
  float key_inverse(int64_t j) const { return key_inverse_[j]; }

  // Factor of <q_i, k_j> in the logits; 0 for rows that pad the last block.
  float Factor(int64_t i) const { return i < layout_.seq ? terms_.row_scale[i] * terms_.scale[h_] : 0; }
  float RowScale(int64_t i) const { return i < layout_.seq ? terms_.row_scale[i] : 0; }

  // Reads head `h` of sample `b`.
  void Read(const float* qkv, int64_t b, int64_t h) {
    const float* const begin = qkv + b * layout_.seq * layout_.token_stride + h * layout_.head_stride;
    b_ = b;
    h_ = h;
    ReadRows(begin, terms_.unit_norm, &queries_, &query_inverse_);
    for (int64_t i = 0; i < tokens_; ++i) Scale(Factor(i), width_, &queries_[i * width_]);
    ReadRows(begin + layout_.key_offset, terms_.unit_norm, &keys_, &key_inverse_);
    ReadRows(begin + layout_.value_offset, false, &values_, nullptr);
    Transpose(keys_, &key_columns_);
    if (terms_.table == nullptr) return;
    ReadIds(terms_.first, &first_);
    if (terms_.second != nullptr) ReadIds(terms_.second, &second_);
    std::copy_n(terms_.table + h * terms_.columns(), terms_.columns(), table_.begin());
  }

  // What the backward pass reads beside that.
  void TransposeValues() { Transpose(values_, &value_columns_); }

  // logits [kRows, stride()] of queries begin, ..., begin + 3; -infinity for keys after their query.
  void Logits(int64_t begin, float* logits) const {
    const float* const q = query(begin);
    for (int64_t j = 0; j < begin + kRows; j += Lanes()) {
      const Block block = Products(q, width_, &key_columns_[j], stride_, layout_.size);
      for (int64_t r = 0; r < kRows; ++r) {
        const int64_t i = begin + r;
        Floats logit = block.row[r];
        if (terms_.table != nullptr) logit = hn::MulAdd(Broadcast(RowScale(i)), OfTable(Columns(i, j)), logit);
        if (terms_.bias != nullptr && i < layout_.seq) logit = hn::Add(logit, Bias(i, j));
        if (j + Lanes() > i + 1) logit = hn::IfThenElse(UpTo(i, j), logit, Broadcast(kMasked));
        Store(logit, logits + r * stride_ + j);
      }
    }
  }

  // <rows[r], v_j> for keys j of the vector at `j`; rows [kRows, width()].
  Block TimesValues(const float* rows, int64_t j) const {
    return Products(rows, width_, &value_columns_[j], stride_, layout_.size);
  }

  // The table's columns for query i and the keys of the vector at `j`.
  Ints Columns(int64_t i, int64_t j) const {
    const Ints columns = Clipped(first_, terms_.clip, i, j);
    if (terms_.second == nullptr) return columns;
    const Ints inner = hn::Set(kInt, static_cast<int32_t>(2 * terms_.second_clip + 1));
    return hn::Add(hn::Mul(columns, inner), Clipped(second_, terms_.second_clip, i, j));
  }

 private:
  // The lanes of the vector at `j` that are keys of query i.
  static hn::Mask<FloatTag> UpTo(int64_t i, int64_t j) {
    return hn::FirstN(kFloat, static_cast<size_t>(std::max<int64_t>(i + 1 - j, 0)));
  }

  void ReadRows(const float* begin, bool unit_norm, std::vector<float>* rows, std::vector<float>* inverse) const {
    for (int64_t t = 0; t < layout_.seq; ++t) {
      float* const row = &(*rows)[t * width_];
      CopyPadded(begin + t * layout_.token_stride, layout_.size, row);
      if (!unit_norm) continue;
      (*inverse)[t] = 1 / std::sqrt(Dot(row, row, width_) + 1e-12f);
      Scale((*inverse)[t], width_, row);
    }
  }

  void ReadIds(const int64_t* all, std::vector<int32_t>* ids) const {
    const int64_t* const of_sample = all + b_ * terms_.ids_batch_stride;
    for (int64_t t = 0; t < layout_.seq; ++t) (*ids)[t] = static_cast<int32_t>(of_sample[t]);
  }

  // columns[d, t] = rows[t, d].
  void Transpose(const std::vector<float>& rows, std::vector<float>* columns) const {
    for (int64_t d = 0; d < layout_.size; ++d) {
      float* const column = &(*columns)[d * stride_];
      for (int64_t t = 0; t < layout_.seq; ++t) column[t] = rows[t * width_ + d];
    }
  }

  static Ints Clipped(const std::vector<int32_t>& ids, int64_t clip, int64_t i, int64_t j) {
    const Ints c = hn::Set(kInt, static_cast<int32_t>(clip));
    const Ints difference = hn::Sub(hn::Set(kInt, ids[i]), hn::LoadU(kInt, &ids[j]));
    return hn::Add(hn::Max(hn::Min(difference, c), hn::Neg(c)), c);
  }

  Floats OfTable(Ints columns) const {
    if (terms_.columns() > Lanes()) return hn::GatherIndex(kFloat, table_.data(), columns);
    return hn::TableLookupLanes(Load(table_.data()), hn::IndicesFromVec(kFloat, columns));
  }

  Floats Bias(int64_t i, int64_t j) const {
    const float* const row =
        terms_.bias + b_ * terms_.bias_batch_stride + h_ * terms_.bias_head_stride + i * layout_.seq + j;
    return Load(row, layout_.seq - j);
  }

  const AttentionLayout& layout_;
  const AttentionTerms& terms_;
  const int64_t width_, tokens_, stride_;
  std::vector<float> queries_, keys_, values_;      // [tokens, width]
  std::vector<float> key_columns_, value_columns_;  // [size, stride]
  std::vector<float> query_inverse_, key_inverse_;  // [tokens] 1 / length
  std::vector<int32_t> first_, second_;             // [stride] ids
  std::vector<float> table_;                        // [columns] of this head, padded
  int64_t b_ = 0, h_ = 0;
};

float Largest(const float* row, int64_t count) {
  Floats largest = Broadcast(kMasked);
  for (int64_t j = 0; j < count; j += Lanes()) largest = hn::Max(largest, Load(row + j));
  return hn::GetLane(hn::MaxOfLanes(kFloat, largest));
}

// row[0, ..., count) -> exp(row - shift) up to the end of the last vector. Returns the sum.
float Exponentials(int64_t count, float shift, float* row) {
  Floats sum = hn::Zero(kFloat);
  for (int64_t j = 0; j < count; j += Lanes()) {
    // Below -87 exp is no longer normal; keys after their query stand at -infinity.
    const Floats x = hn::Sub(Load(row + j), Broadcast(shift));
    const Floats e = hn::IfThenElseZero(hn::Gt(x, Broadcast(-87.0f)), hn::Exp(kFloat, x));
    sum = hn::Add(sum, e);
    Store(e, row + j);
  }
  return Sum(sum);
}

void ForwardHead(const AttentionLayout& layout, const Head& head, float* logits, float* rows, float* out,
                 float* log_sum_exp) {
  const int64_t width = head.width(), stride = head.stride();
  float inverse[kRows];
  for (int64_t begin = FirstBlock(layout); begin < layout.seq; begin += kRows) {
    const int64_t keys = begin + kRows;
    head.Logits(begin, logits);
    for (int64_t r = 0; r < kRows; ++r) {
      const float largest = Largest(logits + r * stride, keys);
      const float sum = Exponentials(keys, largest, logits + r * stride);
      inverse[r] = 1 / sum;
      if (log_sum_exp != nullptr && IsQuery(layout, begin + r)) log_sum_exp[begin + r] = largest + std::log(sum);
    }
    for (int64_t d = 0; d < width; d += Lanes()) {
      const Block block = Products(logits, stride, head.value(0) + d, width, keys);
      for (int64_t r = 0; r < kRows; ++r) Store(hn::Mul(Broadcast(inverse[r]), block.row[r]), rows + r * width + d);
    }
    for (int64_t r = 0; r < kRows; ++r) {
      if (IsQuery(layout, begin + r)) CopyFirst(rows + r * width, layout.size, out + OutputRow(layout, begin + r));
    }
  }
}

void Forward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, int64_t first, int64_t last,
             float* out, float* log_sum_exp) {
  Head head(layout, terms);
  std::vector<float> logits(kRows * head.stride()), rows(kRows * head.width());
  for (int64_t b = first; b < last; ++b) {
    for (int64_t h = 0; h < layout.heads; ++h) {
      head.Read(qkv, b, h);
      ForwardHead(layout, head, logits.data(), rows.data(), out + OutputBegin(layout, b, h),
                  log_sum_exp == nullptr ? nullptr : log_sum_exp + (b * layout.heads + h) * layout.seq);
    }
  }
}

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
    for (int64_t d = 0; d < layout.size; ++d) dots[r] += out[at + d] * rows[r * width + d];
  }
}

// Adds row_scale * gradient of the logits to the table's columns.
void AddToTable(const Head& head, int64_t begin, const float* logits, float* table) {
  const Ints lanes = hn::Iota(kInt, 0), width = hn::Set(kInt, static_cast<int32_t>(Lanes()));
  for (int64_t r = 0; r < kRows; ++r) {
    const Floats scale = Broadcast(head.RowScale(begin + r));
    for (int64_t j = 0; j < begin + kRows; j += Lanes()) {
      const Ints index = hn::Add(hn::Mul(head.Columns(begin + r, j), width), lanes);
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

// From g->queries = sum_j gradient_ij k_j to the gradient of q_i, for query r of the block; adds to that of the scale.
// With u = g->queries, the stored query is f q^, f = Factor(i): grad q^ = f u, grad scale = <f q^, u> / scale.
void QueryGradient(const AttentionTerms& terms, const Head& head, int64_t i, float scale, float* u, float* grad_scale) {
  const int64_t width = head.width();
  const float f = head.Factor(i), along = Dot(head.query(i), u, width);
  *grad_scale += along / scale;
  for (int64_t d = 0; d < width; d += Lanes()) {
    Floats gradient = hn::Mul(Broadcast(f), Load(u + d));
    if (terms.unit_norm) gradient = hn::NegMulAdd(Broadcast(along / f), Load(head.query(i) + d), gradient);
    Store(hn::Mul(Broadcast(head.query_inverse(i)), gradient), u + d);
  }
}

// Turns the block's logits into their gradient, p_ij (<grad_out_i, v_j> - <out_i, grad_out_i>), and adds p_ij
// grad_out_i to the gradient of v_j.
void LogitGradients(const AttentionLayout& layout, const Head& head, int64_t begin, const float* log_sum_exp,
                    const float* dots, float* logits, HeadGradients* g) {
  const int64_t keys = begin + kRows, stride = head.stride();
  for (int64_t r = 0; r < kRows; ++r) {
    // What is no query has no gradient; any finite shift does.
    const float shift = IsQuery(layout, begin + r) ? log_sum_exp[begin + r] : Largest(logits + r * stride, keys);
    Exponentials(keys, shift, logits + r * stride);
  }
  AddProducts(logits, stride, g->out.data(), head.width(), keys, g->values.data());
  for (int64_t j = 0; j < keys; j += Lanes()) {
    const Block block = head.TimesValues(g->out.data(), j);
    for (int64_t r = 0; r < kRows; ++r) {
      float* const p = logits + r * stride + j;
      Store(hn::Mul(Load(p), hn::Sub(block.row[r], Broadcast(dots[r]))), p);
    }
  }
}

void BackwardHead(const AttentionLayout& layout, const AttentionTerms& terms, const Head& head, int64_t h,
                  const float* out, const float* log_sum_exp, const float* grad_out, float* logits, HeadGradients* g,
                  float* grad_qkv, float* grad_bias) {
  const int64_t width = head.width(), stride = head.stride();
  float dots[kRows];
  for (int64_t i = 0; i < layout.first_query; ++i) std::fill_n(grad_qkv + i * layout.token_stride, layout.size, 0.0f);
  for (int64_t begin = FirstBlock(layout); begin < layout.seq; begin += kRows) {
    const int64_t keys = begin + kRows;
    ReadGradient(layout, begin, width, out, grad_out, g->out.data(), dots);
    head.Logits(begin, logits);
    LogitGradients(layout, head, begin, log_sum_exp, dots, logits, g);
    if (terms.table != nullptr) AddToTable(head, begin, logits, g->table.data());
    AddProducts(logits, stride, head.query(begin), width, keys, g->keys.data());
    for (int64_t d = 0; d < width; d += Lanes()) {
      const Block block = Products(logits, stride, head.key(0) + d, width, keys);
      for (int64_t r = 0; r < kRows; ++r) Store(block.row[r], &g->queries[r * width + d]);
    }
    for (int64_t i = begin; i < keys; ++i) {
      if (!IsQuery(layout, i)) continue;
      float* const row = &g->queries[(i - begin) * width];
      QueryGradient(terms, head, i, terms.scale[h], row, &g->scale);
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
      head.TransposeValues();
      g.Clear();
      BackwardHead(layout, terms, head, h, out + begin, log_sum_exp + number * layout.seq, grad_out + begin,
                   logits.data(), &g, gradients.qkv + b * layout.seq * layout.token_stride + h * layout.head_stride,
                   gradients.bias == nullptr ? nullptr : gradients.bias + number * layout.seq * layout.seq);
      gradients.scale[number] = g.scale;
      for (int64_t c = 0; gradients.table != nullptr && c < terms.columns(); ++c) {
        float* const sum = gradients.table + number * terms.columns() + c;
        *sum = 0;
        for (int64_t k = 0; k < Lanes(); ++k) *sum += g.table[c * Lanes() + k];
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

HWY_EXPORT(Forward);
HWY_EXPORT(Backward);

void AttentionForward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, int64_t first,
                      int64_t last, float* out, float* log_sum_exp) {
  HWY_DYNAMIC_DISPATCH(Forward)(layout, terms, qkv, first, last, out, log_sum_exp);
}

void AttentionBackward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, const float* out,
                       const float* log_sum_exp, const float* grad_out, int64_t first, int64_t last,
                       const AttentionGradients& gradients) {
  HWY_DYNAMIC_DISPATCH(Backward)(layout, terms, qkv, out, log_sum_exp, grad_out, first, last, gradients);
}

}  // namespace tally
#endif  // HWY_ONCE

#include "lib/kernels/attention/attention_loops_for_test.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/kernels/arrays_for_test.h"

namespace tally {
namespace {

AttentionLayout LayoutOf(const AttentionCase& c) {
  AttentionLayout layout;
  layout.batch = c.batch, layout.seq = c.seq, layout.first_query = c.first_query;
  layout.heads = c.heads, layout.size = c.size;
  layout.token_stride = 3 * c.heads * c.size;
  layout.head_stride = c.by_head ? 3 * c.size : c.size;
  layout.key_offset = c.by_head ? c.size : c.heads * c.size;
  layout.value_offset = 2 * layout.key_offset;
  return layout;
}

}  // namespace

AttentionArrays::AttentionArrays(const AttentionCase& c)
    : layout(LayoutOf(c)),
      unit_norm(c.unit_norm),
      clips(c.clips),
      ids_batch_stride(c.shared_ids ? 0 : c.seq),
      recurrence_batch_stride(c.shared_ids ? 0 : 1),
      bias_batch_stride(c.bias_batch > 1 ? c.bias_heads * c.seq * c.seq : 0),
      bias_head_stride(c.bias_heads > 1 ? c.seq * c.seq : 0),
      qkv(NormalArray(1, c.batch * c.seq * layout.token_stride, c.deviation)),
      scale(NormalArray(2, c.heads, 0.3)),
      bias(NormalArray(3, c.bias_batch * c.bias_heads * c.seq * c.seq)),
      grad_out(NormalArray(4, c.batch * layout.queries() * c.heads * c.size)) {
  for (float& x : scale) x += 1;
  for (int64_t i = 0; i < c.seq; ++i) row_scale.push_back(std::log(2.0f + i));
  // Each query has its own key, and so one that is not masked.
  for (int64_t i = 0; c.masked && i < static_cast<int64_t>(bias.size()); ++i) {
    const int64_t query = i / c.seq % c.seq, key = i % c.seq;
    if (key != query && (query + key) % 3 == 0) bias[i] = -std::numeric_limits<float>::infinity();
  }
  if (clips.first == 0) return;
  const int64_t rows = c.shared_ids ? 1 : c.batch;
  table = NormalArray(5, c.heads * clips.columns());
  first = IdArray(6, rows * c.seq, 12);
  if (clips.second > 0) second = IdArray(7, rows * c.seq, 7);
  if (clips.ReadRecurrence()) recurrence = IdArray(8, rows, 6);
  if (!c.local) return;
  for (size_t i = 0; i < first.size(); ++i) first[i] = 1 + static_cast<int64_t>(i) % c.seq % 91;
  const int64_t columns = clips.columns(), others = columns / (2 * clips.first + 1);
  for (size_t i = 0; i < table.size(); ++i) {
    const int64_t coordinate = static_cast<int64_t>(i) % columns / others;
    if (coordinate == 0 || coordinate == 2 * clips.first) table[i] = -1e9f;
  }
}

AttentionTerms AttentionArrays::Terms() const {
  const auto or_null = [](const auto& array) { return array.empty() ? nullptr : array.data(); };
  AttentionTerms terms;
  terms.row_scale = row_scale.data(), terms.scale = scale.data(), terms.unit_norm = unit_norm;
  terms.table = or_null(table), terms.first = or_null(first), terms.second = or_null(second);
  terms.recurrence = or_null(recurrence), terms.clips = clips;
  terms.ids_batch_stride = ids_batch_stride, terms.recurrence_batch_stride = recurrence_batch_stride;
  terms.bias = or_null(bias);
  terms.bias_batch_stride = bias_batch_stride, terms.bias_head_stride = bias_head_stride;
  return terms;
}

namespace {

// A query, key or value of one head, and the gradient of what was made of it.
struct Vector {
  Vector(const float* from, int64_t size, bool unit) : numbers(from, from + size), gradient(size) {
    if (!unit) return;
    double squares = 1e-12;
    for (const double x : numbers) squares += x * x;
    length = std::sqrt(squares);
    for (double& x : numbers) x /= length;
  }

  double Dot(const std::vector<double>& other) const {
    double sum = 0;
    for (size_t d = 0; d < numbers.size(); ++d) sum += numbers[d] * other[d];
    return sum;
  }

  void AddGradient(double factor, const std::vector<double>& other) {
    for (size_t d = 0; d < gradient.size(); ++d) gradient[d] += factor * other[d];
  }

  // Writes the gradient of what was read: that of y = x / |x| is (g - y <y, g>) / |x|.
  void WriteGradient(bool unit, double* to) const {
    const double along = unit ? Dot(gradient) : 0;
    for (size_t d = 0; d < gradient.size(); ++d) to[d] = (gradient[d] - numbers[d] * along) / length;
  }

  std::vector<double> numbers, gradient;
  double length = 1;
};

// One head of one sample.
class Head {
 public:
  Head(const AttentionArrays& arrays, int64_t b, int64_t h)
      : x_(arrays),
        b_(b),
        h_(h),
        ids_{x_.first.data() + b * x_.ids_batch_stride,
             x_.second.empty() ? nullptr : x_.second.data() + b * x_.ids_batch_stride, x_.Terms().RecurrenceOf(b)} {
    for (int64_t t = 0; t < x_.layout.seq; ++t) {
      const float* const token = x_.qkv.data() + x_.layout.InputRow(b, h, t);
      queries_.emplace_back(token, x_.layout.size, x_.unit_norm);
      keys_.emplace_back(token + x_.layout.key_offset, x_.layout.size, x_.unit_norm);
      values_.emplace_back(token + x_.layout.value_offset, x_.layout.size, false);
    }
  }

  void Run(AttentionLoops* loops) {
    for (int64_t i = x_.layout.first_query; i < x_.layout.seq; ++i) {
      const std::vector<double> p = Probabilities(i, &loops->log_sum_exp[number() * x_.layout.seq + i]);
      const int64_t row = x_.layout.OutputBegin(b_, h_) + x_.layout.OutputRow(i);
      for (int64_t j = 0; j <= i; ++j) {
        for (int64_t d = 0; d < x_.layout.size; ++d) loops->out[row + d] += p[j] * values_[j].numbers[d];
      }
      AddGradients(i, p, {x_.grad_out.begin() + row, x_.grad_out.begin() + row + x_.layout.size}, loops);
    }
    for (int64_t t = 0; t < x_.layout.seq; ++t) {
      double* const token = loops->qkv.data() + x_.layout.InputRow(b_, h_, t);
      queries_[t].WriteGradient(x_.unit_norm, token);
      keys_[t].WriteGradient(x_.unit_norm, token + x_.layout.key_offset);
      values_[t].WriteGradient(false, token + x_.layout.value_offset);
    }
  }

 private:
  int64_t number() const { return b_ * x_.layout.heads + h_; }
  double Factor(int64_t i) const { return double{x_.row_scale[i]} * x_.scale[h_]; }
  int64_t Column(int64_t i, int64_t j) const { return RelativeColumn(x_.clips, ids_, i, j); }

  double Logit(int64_t i, int64_t j) const {
    double logit = Factor(i) * queries_[i].Dot(keys_[j].numbers);
    if (!x_.table.empty()) logit += double{x_.row_scale[i]} * x_.table[h_ * x_.clips.columns() + Column(i, j)];
    if (x_.bias.empty()) return logit;
    return logit + x_.bias[b_ * x_.bias_batch_stride + h_ * x_.bias_head_stride + i * x_.layout.seq + j];
  }

  // Of keys 0, ..., i for query i.
  std::vector<double> Probabilities(int64_t i, double* log_sum_exp) const {
    std::vector<double> p;
    double largest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t j = 0; j <= i; ++j) {
      p.push_back(Logit(i, j));
      largest = std::max(largest, p[j]);
    }
    for (double& logit : p) sum += logit = std::exp(logit - largest);
    for (double& weight : p) weight /= sum;
    *log_sum_exp = largest + std::log(sum);
    return p;
  }

  void AddGradients(int64_t i, const std::vector<double>& p, const std::vector<double>& grad_out,
                    AttentionLoops* loops) {
    double along = 0;
    for (int64_t j = 0; j <= i; ++j) {
      values_[j].AddGradient(p[j], grad_out);
      along += p[j] * values_[j].Dot(grad_out);
    }
    for (int64_t j = 0; j <= i; ++j) {
      const double g = p[j] * (values_[j].Dot(grad_out) - along);  // of the logit
      loops->scale[number()] += x_.row_scale[i] * g * queries_[i].Dot(keys_[j].numbers);
      queries_[i].AddGradient(Factor(i) * g, keys_[j].numbers);
      keys_[j].AddGradient(Factor(i) * g, queries_[i].numbers);
      if (!x_.table.empty()) loops->table[number() * x_.clips.columns() + Column(i, j)] += x_.row_scale[i] * g;
      if (!x_.bias.empty()) loops->bias[(number() * x_.layout.seq + i) * x_.layout.seq + j] = g;
    }
  }

  const AttentionArrays& x_;
  const int64_t b_, h_;
  const SampleIds ids_;
  std::vector<Vector> queries_, keys_, values_;  // of each token
};

}  // namespace

AttentionLoops::AttentionLoops(const AttentionArrays& x)
    : out(x.grad_out.size()),
      log_sum_exp(x.layout.batch * x.layout.heads * x.layout.seq),
      qkv(x.qkv.size()),
      scale(x.layout.batch * x.layout.heads),
      table(x.table.empty() ? 0 : x.layout.batch * x.table.size()),
      bias(x.bias.empty() ? 0 : log_sum_exp.size() * x.layout.seq) {
  for (int64_t b = 0; b < x.layout.batch; ++b) {
    for (int64_t h = 0; h < x.layout.heads; ++h) Head(x, b, h).Run(this);
  }
}

}  // namespace tally

// A sum's layer norm (add_layer_norm_simd.h) in plain loops and double precision, for tests of what computes it
// otherwise.
#ifndef TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_LOOPS_FOR_TEST_H_
#define TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_LOOPS_FOR_TEST_H_

#include <cmath>
#include <cstdint>
#include <vector>

#include "lib/kernels/arrays_for_test.h"

namespace tally {

// The arrays of one call, named as the functions have them.
struct AddLayerNormNumbers {
  AddLayerNormNumbers(int64_t row_count, int64_t features, double deviation)
      : rows(row_count),
        width(features),
        a(NormalArray(1, rows * width, deviation)),
        b(NormalArray(2, rows * width, deviation)),
        weight(NormalArray(3, width)),
        bias(NormalArray(4, width)),
        grad_norm(NormalArray(5, rows * width)),
        grad_sum(NormalArray(6, rows * width)) {}

  static constexpr double kEpsilon = 1e-5;
  int64_t rows, width;
  std::vector<float> a, b, weight, bias, grad_norm, grad_sum;
};

// What the functions write, with the gradient of the sum or zeros in its place.
class AddLayerNormLoops {
 public:
  AddLayerNormLoops(const AddLayerNormNumbers& x, bool with_sum) : grad_weight(x.width), grad_bias(x.width) {
    for (int64_t r = 0; r < x.rows; ++r) {
      Norm(x, r);
      Gradients(x, r, with_sum);
    }
  }

  // The largest x * inverse, from which mean * inverse is taken.
  double LargestTerm() const {
    double largest = 0, inverse = 0;
    for (const double x : sum) largest = std::max(largest, std::abs(x));
    for (size_t i = 1; i < moments.size(); i += 2) inverse = std::max(inverse, moments[i]);
    return largest * inverse;
  }

  std::vector<double> sum, norm, moments, grad_x, grad_weight, grad_bias;

 private:
  void Norm(const AddLayerNormNumbers& x, int64_t r) {
    double mean = 0, variance = 0;
    for (int64_t i = r * x.width; i < (r + 1) * x.width; ++i) {
      sum.push_back(x.a[i] + x.b[i]);  // rounded, as it is kept
      mean += sum[i] / x.width;
    }
    for (int64_t i = r * x.width; i < (r + 1) * x.width; ++i) variance += (sum[i] - mean) * (sum[i] - mean) / x.width;
    const double inverse = 1 / std::sqrt(variance + x.kEpsilon);
    moments.insert(moments.end(), {mean, inverse});
    for (int64_t c = 0; c < x.width; ++c) {
      norm.push_back((sum[r * x.width + c] - mean) * inverse * x.weight[c] + x.bias[c]);
    }
  }

  void Gradients(const AddLayerNormNumbers& x, int64_t r, bool with_sum) {
    const double mean = moments[2 * r], inverse = moments[2 * r + 1];
    const auto normed = [&](int64_t c) { return (sum[r * x.width + c] - mean) * inverse; };
    double mean_gradient = 0, mean_along = 0;
    for (int64_t c = 0; c < x.width; ++c) {
      const double gradient = x.grad_norm[r * x.width + c], scaled = gradient * x.weight[c];
      mean_gradient += scaled / x.width;
      mean_along += scaled * normed(c) / x.width;
      grad_weight[c] += gradient * normed(c);
      grad_bias[c] += gradient;
    }
    for (int64_t c = 0; c < x.width; ++c) {
      const int64_t i = r * x.width + c;
      const double scaled = double{x.grad_norm[i]} * x.weight[c];
      grad_x.push_back(inverse * (scaled - mean_gradient - normed(c) * mean_along) + (with_sum ? x.grad_sum[i] : 0));
    }
  }
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_LOOPS_FOR_TEST_H_

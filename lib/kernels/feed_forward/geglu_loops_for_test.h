// GEGLU (geglu.h) in plain loops and double precision, for tests of what computes it otherwise.
#ifndef TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_LOOPS_FOR_TEST_H_
#define TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_LOOPS_FOR_TEST_H_

#include <cmath>
#include <cstdint>
#include <vector>

namespace tally {

struct GegluLoops {
  // in [rows, 2 width], grad_out [rows, width].
  GegluLoops(const std::vector<float>& in, const std::vector<float>& grad_out, int64_t width) : grad_in(in.size()) {
    for (int64_t i = 0; i < static_cast<int64_t>(grad_out.size()); ++i) {
      const int64_t at = i / width * 2 * width + i % width;
      const double a = in[at], b = in[at + width], g = grad_out[i];
      const double distribution = 0.5 * std::erfc(-b * M_SQRT1_2), density = std::exp(-b * b / 2) / std::sqrt(2 * M_PI);
      out.push_back(a * b * distribution);
      grad_in[at] = g * b * distribution;
      grad_in[at + width] = g * a * (distribution + b * density);
    }
  }

  std::vector<double> out;      // [rows, width]
  std::vector<double> grad_in;  // [rows, 2 width]
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_LOOPS_FOR_TEST_H_

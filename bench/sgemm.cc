#include "bench/sgemm.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>

#include <numeric>
#include <vector>

#include "bench/timing.h"
#include "lib/model/torch_runtime.h"

namespace tally {

double SgemmRate(int64_t m, int64_t k, int64_t n, int threads, double seconds) {
  std::vector<double> products_per_second(threads);
  RunInThreads(threads, [&](int thread) {
    const at::NoGradGuard no_grad;
    const at::Tensor a = at::rand({m, k}), b = at::rand({k, n});
    at::Tensor out = at::empty({m, n});
    at::mm_out(out, a, b);  // what the first call alone costs
    const Clock::time_point start = Clock::now();
    double products = 0, elapsed = 0;
    while (elapsed < seconds) {
      at::mm_out(out, a, b);
      products += 1;
      elapsed = SecondsSince(start);
    }
    products_per_second[thread] = products / elapsed;
  });
  const double flop = 2.0 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n);
  return flop * std::accumulate(products_per_second.begin(), products_per_second.end(), 0.0);
}

}  // namespace tally

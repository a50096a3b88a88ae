// The roofline of a step's matrix products: what each shape reaches that a layer multiplies, beside large squares.
//
// usage: products [HIDDEN [ROWS [THREADS]]]    64, 1512 (24 sequences of 63 tokens: half a batch, a thread's share), 2
//
// A line for each: GFLOP/s of all threads together, its share of the best square's, and FLOP per byte where each matrix
// passes through memory once.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "bench/sgemm.h"

namespace {

constexpr double kSeconds = 0.4;

struct Product {
  const char* name;
  int64_t m, k, n;  // [m, k] by [k, n]
};

void Measure(const Product& product, int threads, double* best) {
  const auto& [name, m, k, n] = product;
  const double rate = tally::SgemmRate(m, k, n, threads, kSeconds);
  if (m == k && k == n) *best = std::max(*best, rate);
  const auto intensity = 2.0 * static_cast<double>(m * k * n) / (4.0 * static_cast<double>(m * k + k * n + m * n));
  std::printf("%-34s %5lld x %5lld x %5lld %9.1f %6.0f %% %9.1f\n", name, static_cast<long long>(m),
              static_cast<long long>(k), static_cast<long long>(n), rate / 1e9, 100 * rate / *best, intensity);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, int64_t otherwise) { return argc > i ? std::atoll(argv[i]) : otherwise; };
  const int64_t hidden = number(1, 64), rows = number(2, 1512);
  const int threads = static_cast<int>(number(3, 2));
  if (hidden < 1 || rows < 1 || threads < 1) return 64;
  double best = 0;
  std::printf("%-34s %5s x %5s x %5s %9s %8s %9s\n", "product", "m", "k", "n", "GFLOP/s", "of best", "FLOP/byte");
  for (const int64_t size : {2048, 1024, 512}) Measure({"square", size, size, size}, threads, &best);
  for (const Product& product :
       {Product{"queries, keys, values", rows, hidden, 3 * hidden}, Product{"attention's output", rows, hidden, hidden},
        Product{"feed-forward, in", rows, hidden, 4 * hidden}, Product{"feed-forward, out", rows, 2 * hidden, hidden},
        Product{"gradient of feed-forward's input", rows, 4 * hidden, hidden},
        Product{"gradient of feed-forward, in", 4 * hidden, rows, hidden}}) {
    Measure(product, threads, &best);
  }
}

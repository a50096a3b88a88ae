#include "lib/kernels/floats.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(MatrixProductTest, EqualsAtensInEveryTransposition) {
  at::manual_seed(1);
  const int64_t m = 5, n = 7, k = 3;
  for (const bool a_transposed : {false, true}) {
    for (const bool b_transposed : {false, true}) {
      const at::Tensor a = a_transposed ? at::randn({k, m}) : at::randn({m, k});
      const at::Tensor b = b_transposed ? at::randn({n, k}) : at::randn({k, n});
      const at::Tensor expected = at::mm(a_transposed ? a.t() : a, b_transposed ? b.t() : b);
      at::Tensor out = at::randn({m, n});
      MatrixProduct(m, n, k, {Data(a), a_transposed}, {Data(b), b_transposed}, /*add=*/false, out.data_ptr<float>());
      EXPECT_TRUE(at::allclose(out, expected, 1e-5, 1e-6)) << a_transposed << b_transposed;
      MatrixProduct(m, n, k, {Data(a), a_transposed}, {Data(b), b_transposed}, /*add=*/true, out.data_ptr<float>());
      EXPECT_TRUE(at::allclose(out, expected * 2, 1e-5, 1e-6)) << a_transposed << b_transposed;
    }
  }
}

}  // namespace
}  // namespace tally

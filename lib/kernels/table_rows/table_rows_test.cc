#include "lib/kernels/table_rows/table_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "lib/kernels/expect_close_for_test.h"

namespace tally {
namespace {

TEST(TableRowsTest, ByProductEqualsPlainVersionForwardAndGradient) {
  at::manual_seed(1);
  const at::Tensor plain = at::randn({19, 6}).set_requires_grad(true);
  const at::Tensor fast = plain.detach().clone().set_requires_grad(true);
  const at::Tensor numbers = at::randint(0, 17, {5, 30}, at::kLong);  // two rows are never read
  const at::Tensor expected = TableRows(plain, numbers), rows = TableRowsByProduct(fast, numbers);
  EXPECT_TRUE(rows.equal(expected));
  const at::Tensor weights = at::randn(rows.sizes());
  (expected * weights).sum().backward();
  (rows * weights).sum().backward();
  ExpectClose(fast.grad(), plain.grad(), "gradient");
}

}  // namespace
}  // namespace tally

#include "lib/model/attention/input_projection.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/model/models_for_test.h"

namespace tally {
namespace {

constexpr int64_t kHidden = 16, kHeads = 4, kSize = kHidden / kHeads;

// The projection of Recipe() with four heads and `text` more.
class Projected {
 public:
  explicit Projected(const std::string& text)
      : config_(ConfigWith(Recipe(), "attention { heads: 4 } " + text)),
        projection_("a", config_, Initialiser(config_), &parameters_) {}

  int64_t count() const { return parameters_.count(); }
  const at::Tensor& Of(const std::string& name) const { return parameters_.Find(name)->tensor; }
  const InputProjection& projection() const { return projection_; }

  // Rows of head h of role 0 (queries), 1 (keys) or 2 (values).
  at::Tensor Head(int64_t role, int64_t h) const {
    return projection_.weight().detach().narrow(0, role * kHidden + h * kSize, kSize);
  }

 private:
  const ModelConfig config_;
  Parameters parameters_{/*seed=*/1};
  const InputProjection projection_;
};

TEST(InputProjectionTest, WholeItIsOneParameter) {
  const Projected whole("attention { input_bias: true }");
  EXPECT_TRUE(at::equal(whole.projection().weight(), whole.Of("a.in.weight")));
  EXPECT_EQ(whole.count(), 3 * kHidden * kHidden + 3 * kHidden);
}

TEST(InputProjectionTest, NeighbouringHeadsShareKeysAndValues) {
  const Projected shared("attention { key_value_heads: 2 input_bias: true }");
  const at::Tensor queries = shared.Of("a.queries.weight"), rest = shared.Of("a.shared.weight");
  ASSERT_EQ(rest.size(0), 4 * kSize);
  for (int64_t h = 0; h < kHeads; ++h) {
    EXPECT_TRUE(at::equal(shared.Head(0, h), queries.narrow(0, h * kSize, kSize)));
    EXPECT_TRUE(at::equal(shared.Head(1, h), rest.narrow(0, h / 2 * kSize, kSize)));
    EXPECT_TRUE(at::equal(shared.Head(2, h), rest.narrow(0, (2 + h / 2) * kSize, kSize)));
  }
  EXPECT_EQ(shared.projection().bias().size(0), 3 * kHidden);
  EXPECT_EQ(shared.count(), (kHidden + 4 * kSize) * (kHidden + 1));
}

TEST(InputProjectionTest, GradientsOfHeadsThatShareAddUp) {
  const Projected shared("attention { key_value_heads: 1 }");
  shared.projection().weight().narrow(0, 2 * kHidden, kHidden).sum().backward();  // of all values
  const at::Tensor gradient = shared.Of("a.shared.weight").grad();
  EXPECT_TRUE(gradient.narrow(0, 0, kSize).eq(0).all().item<bool>());  // of keys
  EXPECT_TRUE(gradient.narrow(0, kSize, kSize).eq(kHeads).all().item<bool>());
}

TEST(InputProjectionTest, WithoutContentThereAreValuesAlone) {
  const Projected values("attention { content: false }");
  EXPECT_EQ(values.count(), kHidden * kHidden);
  EXPECT_TRUE(values.projection().weight().narrow(0, 0, 2 * kHidden).eq(0).all().item<bool>());
  for (int64_t h = 0; h < kHeads; ++h) {
    EXPECT_TRUE(at::equal(values.Head(2, h), values.Of("a.shared.weight").narrow(0, h * kSize, kSize)));
  }
  EXPECT_FALSE(values.projection().bias().defined());
}

TEST(InputProjectionTest, OfLowRankItIsTheProductOfTwo) {
  const Projected low("matrix_rank: 3");
  const at::Tensor left = low.Of("a.in.weight.left"), right = low.Of("a.in.weight.right");
  EXPECT_EQ(left.size(1), 3);
  EXPECT_TRUE(at::equal(low.projection().weight(), at::matmul(left, right)));
  EXPECT_EQ(low.count(), 3 * (3 * kHidden + kHidden));
}

// The scheme says what the whole matrix starts with, on the average.
TEST(InputProjectionTest, OfLowRankItStartsWithTheSameVariance) {
  const Projected whole("hidden_size: 64"), low("hidden_size: 64 matrix_rank: 32");
  const double expected = whole.projection().weight().square().mean().item<double>();
  EXPECT_NEAR(low.projection().weight().square().mean().item<double>(), expected, 0.1 * expected);
}

}  // namespace
}  // namespace tally

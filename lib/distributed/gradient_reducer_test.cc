#include "lib/distributed/gradient_reducer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "lib/distributed/ranks_for_test.h"

namespace tally {
namespace {

at::Tensor Leaf(at::IntArrayRef shape, double value) {
  return at::full(shape, value, at::kFloat).set_requires_grad(true);
}

// Two layers that feed each other, one parameter that nobody uses, and one that only rank 1 uses.
struct Network {
  at::Tensor first = Leaf({3, 4}, 1), second = Leaf({3, 4}, 2), unused = Leaf({5}, 3), of_rank_1 = Leaf({2}, 4);
  std::vector<at::Tensor> parameters() const { return {first, second, unused, of_rank_1}; }

  void Backward(double x, int rank) const {
    at::Tensor loss = (first * x * second).sum();
    if (rank == 1) loss = loss + of_rank_1.sum();
    loss.backward();
  }

  void Clear() const {
    for (at::Tensor p : parameters()) p.mutable_grad() = at::Tensor();
  }
};

void ExpectSums(const Network& network, double factor) {
  EXPECT_TRUE(network.first.grad().equal(at::full({3, 4}, 2 * factor, at::kFloat)));
  EXPECT_TRUE(network.second.grad().equal(at::full({3, 4}, factor, at::kFloat)));
  EXPECT_FALSE(network.unused.grad().defined());
  EXPECT_TRUE(network.of_rank_1.grad().equal(at::ones({2})));
}

TEST(GradientReducerTest, SumsInBucketsOfAnySizeArmedOrNot) {
  for (const int64_t bucket_bytes : {1, 60, 1 << 20}) {
    for (const bool armed : {true, false}) {
      RunRanks(2, [&](ProcessGroup& group) {
        const Network network;
        GradientReducer reducer(&group, network.parameters(), bucket_bytes);
        for (int step = 0; step < 3; ++step) {
          network.Clear();
          if (armed) reducer.EnableOverlap();
          network.Backward(group.rank() + step, group.rank());
          ASSERT_TRUE(reducer.Finish().ok());
          ExpectSums(network, 2 * step + 1);
        }
      });
    }
  }
}

TEST(GradientReducerTest, EarlierPassesCountToo) {
  RunRanks(2, [](ProcessGroup& group) {
    const Network network;
    GradientReducer reducer(&group, network.parameters());
    network.Backward(1, /*rank=*/0);
    reducer.EnableOverlap();
    network.Backward(2, group.rank());
    ASSERT_TRUE(reducer.Finish().ok());
    ExpectSums(network, 6);
  });
}

TEST(GradientReducerTest, ParametersMayOutliveIt) {
  RunRanks(2, [](ProcessGroup& group) {
    const Network network;
    { const GradientReducer reducer(&group, network.parameters()); }
    network.Backward(1, group.rank());
    EXPECT_TRUE(network.first.grad().equal(at::full({3, 4}, 2, at::kFloat)));
  });
}

}  // namespace
}  // namespace tally

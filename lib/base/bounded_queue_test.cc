#include "lib/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace tally {
namespace {

TEST(BoundedQueueTest, KeepsOrderAcrossThreads) {
  BoundedQueue<std::unique_ptr<int>> queue(3);
  std::thread producer([&] {
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(queue.Push(std::make_unique<int>(i)));
  });
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(**queue.Pop(absl::InfiniteDuration()), i);
  producer.join();
  EXPECT_FALSE(queue.Pop(absl::ZeroDuration()).has_value());
}

TEST(BoundedQueueTest, CloseEndsAWaitingPush) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.Push(1));
  bool pushed = true;
  std::thread producer([&] { pushed = queue.Push(2); });  // there is no room, and nobody makes any
  queue.Close();
  producer.join();
  EXPECT_FALSE(pushed);
  EXPECT_EQ(*queue.Pop(absl::ZeroDuration()), 1);
}

}  // namespace
}  // namespace tally

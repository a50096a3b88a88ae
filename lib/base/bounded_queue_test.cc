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
  std::unique_ptr<int> item;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(queue.Pop(absl::InfiniteDuration(), &item));
    EXPECT_EQ(*item, i);
  }
  producer.join();
  EXPECT_FALSE(queue.Pop(absl::ZeroDuration(), &item));
}

TEST(BoundedQueueTest, CloseEndsAWaitingPush) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.Push(1));
  bool pushed = true;
  std::thread producer([&] { pushed = queue.Push(2); });  // there is no room, and nobody makes any
  queue.Close();
  producer.join();
  EXPECT_FALSE(pushed);
  int item = 0;
  EXPECT_TRUE(queue.Pop(absl::ZeroDuration(), &item));
  EXPECT_EQ(item, 1);
}

}  // namespace
}  // namespace tally

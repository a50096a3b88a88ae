// What one thread makes ahead for another.
#ifndef TALLY_LIB_BASE_BOUNDED_QUEUE_H_
#define TALLY_LIB_BASE_BOUNDED_QUEUE_H_

#include <cstddef>
#include <deque>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tally {

// First in, first out; holds at most `capacity` items. Thread-safe.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  // Waits for room. False, and the item is dropped, once the queue is closed.
  bool Push(T item) {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &BoundedQueue::HasRoomOrIsClosed));
    if (closed_) return false;
    items_.push_back(std::move(item));
    return true;
  }

  // Sets `*item` to the next one; waits for it until `timeout` is over, then returns false.
  bool Pop(absl::Duration timeout, T* item) {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(this, &BoundedQueue::HasItem), timeout)) return false;
    *item = std::move(items_.front());
    items_.pop_front();
    return true;
  }

  // Ends all waits of Push.
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

 private:
  bool HasRoomOrIsClosed() const { return closed_ || items_.size() < capacity_; }
  bool HasItem() const { return !items_.empty(); }

  const size_t capacity_;
  absl::Mutex mutex_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace tally

#endif  // TALLY_LIB_BASE_BOUNDED_QUEUE_H_

#include "lib/base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tally {
namespace {

// The threads of one caller.
class Team {
 public:
  Team() = default;
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  ~Team() {
    Announce([this] { ends_ = true; });
    for (std::thread& thread : threads_) thread.join();
  }

  // Calls work(0), ..., work(count - 1), the first of them here.
  void Run(int count, absl::FunctionRef<void(int)> work) {
    while (static_cast<int>(threads_.size()) + 1 < count) {
      threads_.emplace_back([this, i = static_cast<int>(threads_.size()) + 1, call = call_] { Serve(i, call); });
    }
    Announce([&] {
      work_ = &work;
      count_ = count;
      left_ = count - 1;
      ++call_;
    });
    work(0);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  template <typename F>
  void Announce(F change) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      change();
    }
    called_.notify_all();
  }

  // Thread `i`: its part of each call after number `call`.
  void Serve(int i, int64_t call) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      called_.wait(lock, [&] { return ends_ || call_ != call; });
      if (ends_) return;
      call = call_;
      if (i >= count_) continue;
      lock.unlock();
      (*work_)(i);
      lock.lock();
      if (--left_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> threads_;  // 1, 2, ...
  std::mutex mutex_;
  std::condition_variable called_, done_;
  // Changed under mutex_; *work_ stays as it is until all parts of the call are done.
  const absl::FunctionRef<void(int)>* work_ = nullptr;
  int count_ = 0, left_ = 0;  // parts of the call, and those of them in other threads that are not done
  int64_t call_ = 0;
  bool ends_ = false;
};

}  // namespace

int ThreadCount(int requested) {
  if (requested > 0) return requested;
  // A cluster job or taskset gives a process some of the machine's cores, which hardware_concurrency does not see.
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return CPU_COUNT(&cores);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void RunConcurrently(int count, absl::FunctionRef<void(int)> work) {
  std::vector<std::exception_ptr> thrown(count);
  const auto run = [&](int i) {
    try {
      work(i);
    } catch (...) {
      thrown[i] = std::current_exception();
    }
  };
  // The caller's own. Work that calls this again finds none, and makes one for as long as it takes.
  thread_local std::unique_ptr<Team> idle;
  std::unique_ptr<Team> team = std::exchange(idle, nullptr);
  if (team == nullptr) team = std::make_unique<Team>();
  team->Run(count, run);
  idle = std::move(team);
  for (const std::exception_ptr& exception : thrown) {
    if (exception) std::rethrow_exception(exception);
  }
}

}  // namespace tally
